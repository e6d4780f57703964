"""Writes ta_lib_c.csv: values of TA-Lib's C library on recorded bars.

    pip install TA-Lib numpy
    python ta_lib_c.py 6eh4-202401.ohlcv-1m.csv.gz > ta_lib_c.csv
"""

import csv
import gzip
import sys

import numpy
import talib

with gzip.open(sys.argv[1], "rt") as file:
    rows = list(csv.reader(file))[1:]
high, low, close, volume = (numpy.array([float(row[n]) for row in rows]) for n in (2, 3, 4, 5))

ONE = {
    "rsi": lambda n: talib.RSI(close, n),
    "ema": lambda n: talib.EMA(close, n),
    "sma": lambda n: talib.SMA(close, n),
    "atr": lambda n: talib.ATR(high, low, close, n),
    "cci": lambda n: talib.CCI(high, low, close, n),
    "mfi": lambda n: talib.MFI(high, low, close, volume, n),
    "roc": lambda n: talib.ROC(close, n),
    "williams": lambda n: talib.WILLR(high, low, close, n),
    "stdev": lambda n: talib.STDDEV(close, n, 1),
    "slope": lambda n: talib.LINEARREG_SLOPE(close, n),
    "change": lambda n: talib.MOM(close, n),
    "highest": lambda n: talib.MAX(close, n),
    "lowest": lambda n: talib.MIN(close, n),
    "adx": lambda n: (
        talib.ADX(high, low, close, n),
        talib.PLUS_DI(high, low, close, n),
        talib.MINUS_DI(high, low, close, n),
    ),
}
MORE = {
    "macd": (lambda *n: talib.MACD(close, *n), [(12, 26, 9), (2, 3, 1), (100, 400, 60)]),
    "bb": (
        lambda n, sigma: [talib.BBANDS(close, n, sigma, sigma)[line] for line in (1, 0, 2)],
        [(20, 2.0), (2, 0.1), (300, 3.5)],
    ),
    "stoch": (
        lambda k, smooth, signal: talib.STOCH(high, low, close, k, smooth, 0, signal, 0),
        [(14, 3, 3), (5, 1, 1), (200, 30, 20)],
    ),
    "psar": (lambda a, b: talib.SAR(high, low, a, b), [(0.02, 0.2), (0.001, 0.05), (0.3, 0.1)]),
}

cases = [(name, (n,), run) for name, run in ONE.items() for n in (2, 14, 60, 1000)]
cases += [(name, given, run) for name, (run, all_given) in MORE.items() for given in all_given]

print(f"# Python package TA-Lib {talib.__version__}, C library {talib.__ta_version__.decode()}")
print("# kind,parameters,line,bar,value; the first bar of each is its first with a value")
for name, given, run in cases:
    lines = run(*given)
    for at, line in enumerate(lines if isinstance(lines, (tuple, list)) else [lines]):
        first = int(numpy.argmax(~numpy.isnan(line)))
        for bar in (first, first + 1, first + 10, 5_000, 20_000):
            print(name, " ".join(map(str, given)), at, bar, repr(float(line[bar])), sep=",")
