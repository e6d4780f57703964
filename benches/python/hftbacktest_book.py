"""Builds a book of market-by-order messages with hftbacktest: hftbacktest_book.py FOLDER SYMBOL FILE...

The files are converted once, into FOLDER. Prints {"messages", "seconds", "best_bid", "best_ask"}: the
clock covers one call that runs a backtest without a strategy over data that is in memory.
"""

import json
import os
import sys
import time

import numpy as np
from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest
from hftbacktest.types import (
    ADD_ORDER_EVENT,
    BUY_EVENT,
    CANCEL_ORDER_EVENT,
    DEPTH_CLEAR_EVENT,
    EXCH_EVENT,
    FILL_EVENT,
    LOCAL_EVENT,
    MODIFY_ORDER_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    event_dtype,
)

SNAPSHOT = 1 << 5
UNDEFINED = 2**63 - 1
ACTIONS = {
    "A": ADD_ORDER_EVENT,
    "C": CANCEL_ORDER_EVENT,
    "M": MODIFY_ORDER_EVENT,
    "R": DEPTH_CLEAR_EVENT,
    "T": TRADE_EVENT,
    "F": FILL_EVENT,
}
SIDES = {"B": BUY_EVENT, "A": SELL_EVENT}


def convert(paths):
    """The messages as hftbacktest wants them. A file that begins with a snapshot gets a clear."""
    from databento_dbn import DBNDecoder

    rows, latest = [], 0
    for path in paths:
        decoder = DBNDecoder()
        with open(path, "rb") as file:
            decoder.write(file.read())
        in_snapshot = False
        for record in decoder.decode():
            if not hasattr(record, "order_id"):
                continue
            # Without latency, and in order: what is measured is the book.
            latest = max(latest, record.ts_recv)
            is_snapshot = int(record.flags) & SNAPSHOT != 0
            action = str(getattr(record.action, "value", record.action))
            side = str(getattr(record.side, "value", record.side))
            if is_snapshot and not in_snapshot and action != "R":
                rows.append((DEPTH_CLEAR_EVENT, latest, latest, 0.0, 0.0, 0, 0, 0.0))
            in_snapshot = is_snapshot
            kind = ACTIONS[action] | SIDES.get(side, 0)
            price = 0.0 if record.price == UNDEFINED else record.price / 1e9
            rows.append((kind, latest, latest, price, record.size, record.order_id, 0, 0.0))
    data = np.array(rows, dtype=event_dtype)
    data["ev"] |= EXCH_EVENT | LOCAL_EVENT
    return data


def main(folder, symbol, paths):
    path = os.path.join(folder, f"{symbol}.hftbacktest.npy")
    if not os.path.exists(path):
        np.save(path, convert(paths))
    data = np.load(path)
    asset = (
        BacktestAsset()
        .data(data)
        .linear_asset(50.0)
        .constant_order_latency(0, 0)
        .l3_fifo_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(0.25)
        .lot_size(1.0)
    )
    backtest = HashMapMarketDepthBacktest([asset])
    # Once before the clock starts, so that nothing is compiled while it runs.
    backtest.elapse(0)
    span = int(data["exch_ts"][-1] - data["exch_ts"][0]) + 1_000_000_000
    begin = time.perf_counter()
    backtest.elapse(span)
    seconds = time.perf_counter() - begin
    depth = backtest.depth(0)
    said = {
        "messages": len(data),
        "seconds": seconds,
        "best_bid": depth.best_bid,
        "best_ask": depth.best_ask,
    }
    backtest.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
