"""Reads DBN files with a Python package: decode.py databento_dbn|nautilus_trader FILE...

Prints {"records": ..., "seconds": ...}: the clock covers opening and reading, not imports.
"""

import json
import sys
import time


def databento_dbn(paths):
    from databento_dbn import DBNDecoder

    begin = time.perf_counter()
    records = 0
    for path in paths:
        decoder = DBNDecoder()
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                decoder.write(chunk)
                # The metadata comes out as the first object.
                records += sum(hasattr(record, "instrument_id") for record in decoder.decode())
    return records, time.perf_counter() - begin


def nautilus_trader(paths):
    from nautilus_trader.adapters.databento import DatabentoDataLoader
    from nautilus_trader.model.identifiers import InstrumentId

    loader = DatabentoDataLoader()
    begin = time.perf_counter()
    records = 0
    for path in paths:
        symbol = "ESH4" if "esh4" in path else "ESU4"
        instrument = InstrumentId.from_str(f"{symbol}.GLBX")
        # Trades are a part of the records of orders; beside quotes they would be objects of their own.
        by_order = ".mbo." in path
        data = loader.from_dbn_file(path, instrument_id=instrument, include_trades=by_order)
        records += len(data)
    return records, time.perf_counter() - begin


if __name__ == "__main__":
    reader = {"databento_dbn": databento_dbn, "nautilus_trader": nautilus_trader}[sys.argv[1]]
    records, seconds = reader(sys.argv[2:])
    print(json.dumps({"records": records, "seconds": seconds}))
