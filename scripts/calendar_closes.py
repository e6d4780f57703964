#!/usr/bin/env python3
"""What is known of when trading days end, 2019 to 2027: writes core/src/calendar/tests/closes.tsv.

    pip install pandas_market_calendars==5.5.0 exchange_calendars==4.13.2
    scripts/calendar_closes.py MARKET_HOURS_JSON > core/src/calendar/tests/closes.tsv

MARKET_HOURS_JSON is LEAN's market-hours database. One line is a date on which some source knows of
another close than the usual one, one column a group. A cell holds the close that is expected, in New
York time; the letters of the sources that say so; those that say something else; and the ruling, by
its name in docs/calendars.md, where they disagree. The last column tells whether the stock exchanges
open. The sources:

L  LEAN's market-hours database, of summer 2026. What a copy with few products lacks is transcribed
   below from its entries of Bitcoin and wheat and from the lists that fill it.
P  pandas_market_calendars, by product group. LEAN filled 2018 to 2023 with its help, so that the two
   agree there for one reason.
E  the exchange's own notices, schedules of brokers and vendors that repeat them, and recorded trades.
X  exchange_calendars, of the New York stock exchange alone: of CME it knows one calendar for all.
"""

import datetime as dt
import json
import sys
import warnings

GROUPS = ["equity index", "rates", "currencies", "crypto", "energy", "metals", "grains", "livestock"]
FARM = ["grains", "livestock"]
USUAL = {group: "17:00" for group in GROUPS} | {"grains": "14:20", "livestock": "14:05"}
FIRST, LAST = dt.date(2019, 1, 1), dt.date(2027, 12, 31)
CLOSED = "closed"


def weekdays():
    day = FIRST
    while day <= LAST:
        if day.weekday() < 5:
            yield day
        day += dt.timedelta(days=1)


def later(clock, minutes):
    moment = dt.datetime.strptime(clock, "%H:%M") + dt.timedelta(minutes=minutes)
    return moment.strftime("%H:%M")


# --- P ---------------------------------------------------------------------------------------------

PANDAS = {
    "equity index": "CME Globex Equity",
    "rates": "CME Globex Fixed Income",
    "currencies": "CMEGlobex_FX",
    "crypto": "CME Globex Crypto",
    "energy": "CMEGlobex_CL",
    "metals": "CMEGlobex_GC",
    "grains": "CMEGlobex_Grains",
    "livestock": "CMEGlobex_Livestock",
}


def of_pandas():
    import pandas_market_calendars

    warnings.filterwarnings("ignore")
    said = {}
    for group, name in PANDAS.items():
        calendar = pandas_market_calendars.get_calendar(name)
        schedule = calendar.schedule(str(FIRST), str(LAST), tz="America/New_York")
        closes = {day.date(): close.strftime("%H:%M") for day, close in schedule.market_close.items()}
        for day in weekdays():
            said[day, group] = closes.get(day, CLOSED)
    return said


def of_stocks():
    """The stock exchanges by two libraries, which must agree."""
    import exchange_calendars
    import pandas_market_calendars

    schedule = pandas_market_calendars.get_calendar("NYSE").schedule(str(FIRST), str(LAST))
    pandas = {day.date() for day in schedule.index}
    sessions = exchange_calendars.get_calendar("XNYS", start=str(FIRST), end=str(LAST)).sessions
    exchange = {day.date() for day in sessions}
    if pandas != exchange:
        raise SystemExit(f"the stock exchanges: {sorted(pandas ^ exchange)}")
    return pandas


# --- L ---------------------------------------------------------------------------------------------

LEAN = {
    "equity index": ("cme", "ES"),
    "rates": ("cbot", "ZN"),
    "currencies": ("cme", "6E"),
    "energy": ("nymex", "CL"),
    "metals": ("comex", "GC"),
}
# The database ends with 2026 but for these.
LEAN_OF_2027 = [dt.date(2027, 1, 1), dt.date(2027, 6, 18)]

# Chicago times. Holidays since 2022 on which Bitcoin trades to its usual close are left out.
LEAN_BITCOIN = """
2019-01-21/12:00 2019-02-18/12:00 2019-05-27/12:00 2019-07-03/12:15 2019-07-04/12:00 2019-09-02/12:00
2019-11-28/12:00 2019-11-29/12:15 2019-12-24/12:15 2020-01-20/12:00 2020-02-17/12:00 2020-05-25/12:00
2020-07-03/12:00 2020-09-07/12:00 2020-11-26/12:00 2020-11-27/12:15 2020-12-24/12:15 2021-01-18/12:00
2021-02-15/12:00 2021-04-02/08:15 2021-05-31/12:00 2021-07-05/12:00 2021-09-06/12:00 2021-11-25/12:00
2021-11-26/12:45 2022-11-25/12:45 2023-04-07/10:15 2023-11-24/12:45 2024-12-24/12:45 2025-07-04/12:00
2025-11-28/13:45 2025-12-24/12:45 2026-04-03/10:15 2026-06-19/12:00 2026-07-03/12:00 2026-11-27/13:45
2026-12-24/12:45"""
LEAN_WHEAT = """
2019-07-03/12:05 2019-11-29/12:05 2019-12-24/12:05 2020-07-02/12:05 2020-11-27/12:05 2020-12-24/12:05
2021-11-26/12:05 2022-11-25/12:05 2023-11-24/12:05 2024-12-24/12:05 2025-11-28/12:05 2025-12-24/12:05
2026-11-27/12:05 2026-12-24/12:05"""
# Beside the holidays of the whole exchange: days that end before they begin, or on whose evening
# trading opens late.
LEAN_WHEAT_CLOSED = """
2023-04-07 2023-09-04 2025-01-01 2025-01-20 2025-02-17 2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-11-27 2025-12-25
2026-01-01 2026-01-19 2026-02-16 2026-04-03 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-11-26
2026-12-25 2027-01-01"""
# Livestock is known by its early closes to 2023, and by all of its days of 2025.
LEAN_CATTLE = """
2019-07-03/12:15 2019-11-29/12:15 2019-12-24/12:15 2020-07-02/12:15 2020-11-27/12:05 2020-12-24/12:05
2021-11-26/12:05 2022-11-25/12:05 2023-11-24/12:05 2025-11-28/12:05 2025-12-24/12:15"""
LEAN_CATTLE_CLOSED = """
2023-12-25 2024-01-01 2024-01-15 2024-02-19 2024-05-27 2024-06-19 2024-07-04 2024-09-02 2024-11-28
2024-12-25 2025-01-01 2025-01-20 2025-02-17 2025-04-18 2025-05-26 2025-06-19 2025-07-04 2025-09-01
2025-11-27 2025-12-25"""


def dates(text):
    return {dt.date.fromisoformat(word) for word in text.split()}


def closes(text):
    pairs = (word.split("/") for word in text.split())
    return {dt.date.fromisoformat(day): later(clock, 60) for day, clock in pairs}


def of_lean(path):
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)["entries"]

    def parsed(text):
        return dt.datetime.strptime(text, "%m/%d/%Y").date()

    said, closed_exchange = {}, {}
    for group, (exchange, code) in LEAN.items():
        entry, every = entries[f"Future-{exchange}-{code}"], entries[f"Future-{exchange}-[*]"]
        ahead = 60 if entry["exchangeTimeZone"] == "America/Chicago" else 0
        early = {parsed(day): later(clock[:5], ahead) for day, clock in entry["earlyCloses"].items()}
        holidays = {parsed(day) for part in (entry, every) for day in part["holidays"]}
        late = {parsed(day) for day in entry["lateOpens"]}
        closed_exchange[exchange] = {parsed(day) for day in every["holidays"]}
        for day in weekdays():
            if day.year == 2027 and day not in LEAN_OF_2027:
                continue
            if day in early:
                said[day, group] = early[day]
            else:
                said[day, group] = CLOSED if day in holidays | late else USUAL[group]
    # The lists of energy and metals were the same until metals got an entry of their own.
    for day in weekdays():
        if day.year < 2024:
            said[day, "metals"] = said[day, "energy"]
    bitcoin, wheat, cattle = closes(LEAN_BITCOIN), closes(LEAN_WHEAT), closes(LEAN_CATTLE)
    for day in weekdays():
        year = day.year
        if year < 2027:
            # The days on which its whole exchange is closed are those of currencies.
            shut = said[day, "currencies"] == CLOSED
            said[day, "crypto"] = bitcoin.get(day, CLOSED if shut else USUAL["crypto"])
            shut = day in closed_exchange["cbot"] | dates(LEAN_WHEAT_CLOSED)
            said[day, "grains"] = wheat.get(day, CLOSED if shut else USUAL["grains"])
        if day in cattle:
            said[day, "livestock"] = cattle[day]
        elif day in dates(LEAN_CATTLE_CLOSED):
            said[day, "livestock"] = CLOSED
        elif year == 2025:
            said[day, "livestock"] = USUAL["livestock"]
    return said


# --- E ---------------------------------------------------------------------------------------------

MONEY = ["currencies", "crypto"]
GOODS = ["energy", "metals"]
STOCKS_AND_RATES = ["equity index", "rates"]

# Date, groups, close in New York ("usual" for none), where it is written.
PUBLISHED = [
    ("2019-07-03", FARM, "13:05", "KDHL Radio on the holiday schedule, 2019-07-03"),
    ("2022-06-20", FARM, CLOSED, "KDHL Radio on Juneteenth, 2022-06-17"),
    ("2023-02-20", STOCKS_AND_RATES, "13:00", "DTN holiday hours, Presidents' Day 2023"),
    ("2023-02-20", GOODS, "14:30", "DTN holiday hours, Presidents' Day 2023"),
    ("2023-02-20", MONEY, "usual", "DTN holiday hours, Presidents' Day 2023"),
    ("2023-02-20", FARM, CLOSED, "DTN holiday hours, Presidents' Day 2023"),
    ("2023-07-03", ["equity index"], "13:15", "CME schedule as in LEAN pull request 9807"),
    ("2024-01-15", STOCKS_AND_RATES, "13:00", "forexlive.com, 2024-01-12"),
    ("2024-07-03", ["equity index"], "13:15", "DTN holiday hours, July 4th 2024"),
    ("2024-07-03", ["rates"] + GOODS + MONEY + FARM, "usual", "DTN holiday hours, July 4th 2024"),
    ("2024-07-04", STOCKS_AND_RATES, "13:00", "DTN holiday hours, July 4th 2024"),
    ("2024-07-04", GOODS, "14:30", "DTN holiday hours, July 4th 2024"),
    ("2024-07-04", MONEY, "usual", "DTN holiday hours, July 4th 2024"),
    ("2024-07-04", FARM, CLOSED, "DTN holiday hours, July 4th 2024"),
    ("2025-01-09", ["equity index"], "09:30", "CME Group press release, 2024-12-30"),
    ("2025-01-09", ["rates"] + FARM, "13:15", "CME Group press release, 2024-12-30"),
    ("2025-01-09", GOODS + MONEY, "usual", "CME Group press release, 2024-12-30"),
    ("2025-01-20", STOCKS_AND_RATES, "13:00", "forexlive.com, 2025-01-19"),
    ("2025-01-20", MONEY, "usual", "forexlive.com, 2025-01-19"),
    ("2027-03-26", GROUPS, CLOSED, "CME holiday notes of 2027 as in LEAN pull request 9733"),
    ("2027-12-24", GROUPS, CLOSED, "CME holiday notes of 2027 as in LEAN pull request 9733"),
]
# A venue's list of the exchange's hours of 2026 (docs.trade.xyz, holiday closures), whose days of
# energy and metals the issue 464 of pandas_market_calendars confirms from CME's tables.
OF_2026 = "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 11-27 12-24 12-25"
STOCKS_2026 = "closed 13:00 13:00 09:15 13:00 13:00 13:00 13:00 13:00 13:15 13:15 closed"
METALS_2026 = "closed 14:30 14:30 closed 14:30 13:00 13:00 14:30 14:30 14:45 13:45 closed"
ENERGY_2026 = {"06-19": "13:00", "07-03": "13:00", "09-07": "14:30", "11-27": "14:45", "12-24": "13:45"}
# Days without a trade in recorded live cattle futures.
CATTLE_JUNETEENTH = "2022-06-20 2023-06-19 2024-06-19 2025-06-19 2026-06-19"


def of_exchange():
    said = {}

    def say(day, group, close):
        said[dt.date.fromisoformat(day), group] = USUAL[group] if close == "usual" else close

    for day, groups, close, _ in PUBLISHED:
        for group in groups:
            say(day, group, close)
    for day, stocks, metals in zip(OF_2026.split(), STOCKS_2026.split(), METALS_2026.split()):
        say(f"2026-{day}", "equity index", stocks)
        say(f"2026-{day}", "metals", metals)
    for day, close in ENERGY_2026.items():
        say(f"2026-{day}", "energy", close)
    for day in CATTLE_JUNETEENTH.split():
        say(day, "livestock", CLOSED)
    return said


# --- What is expected ------------------------------------------------------------------------------


def thanksgiving(year):
    first = dt.date(year, 11, 1)
    return first + dt.timedelta(days=(3 - first.weekday()) % 7 + 21)


def labor_day(year):
    first = dt.date(year, 9, 1)
    return first + dt.timedelta(days=-first.weekday() % 7)


GOOD_FRIDAYS_CLOSED = dates("2024-03-29 2025-04-18 2027-03-26")
FRIDAY_HOLIDAYS = dates("2025-07-04 2026-06-19 2026-07-03 2027-06-18")
JUNETEENTHS = dates("2022-06-20 2023-06-19 2024-06-19 2025-06-19 2026-06-19 2027-06-18")


def ruling(day, group):
    """The close that holds where the sources disagree, and the name of the reason."""
    year, month_day = day.year, (day.month, day.day)
    black_friday = day == thanksgiving(year) + dt.timedelta(days=1)
    if day in GOOD_FRIDAYS_CLOSED:
        return CLOSED, "good-friday"
    if day in JUNETEENTHS and group in FARM:
        return CLOSED, "juneteenth-farm"
    if day in FRIDAY_HOLIDAYS:
        return "13:00", "friday-holiday"
    if day == labor_day(year) and group in GOODS:
        return "14:30", "labor-day"
    if day == dt.date(2025, 1, 9):
        return of_exchange()[day, group], "mourning"
    if day == dt.date(2025, 12, 25):
        return CLOSED, "christmas-2025"
    if month_day == (12, 24):
        close = "13:05" if group in FARM else "13:45"
        return close, "livestock" if group == "livestock" else "christmas-eve"
    if black_friday and group == "livestock" and year < 2024:
        return "13:05", "livestock"
    if black_friday and group in FARM:
        return "13:05", "thanksgiving-farm" if year != 2024 else "thanksgiving-2024"
    if black_friday and year == 2024:
        short = "13:45" if group in GOODS + ["crypto"] else "13:15"
        return short, "thanksgiving-2024"
    if black_friday and year >= 2025 and group in GOODS + MONEY:
        return "14:45", "thanksgiving-2025"
    if day in dates("2019-07-03 2020-07-02") and group in FARM:
        return "13:05", "livestock" if group == "livestock" else "july-farm"
    if month_day == (7, 3) and group == "equity index":
        return "13:15", "july-stocks"
    if month_day == (7, 3) and group == "crypto":
        return USUAL[group], "july-crypto"
    raise SystemExit(f"no ruling on {day} {group}")


def cell(day, group, sources):
    said = {letter: source[day, group] for letter, source in sources.items() if (day, group) in source}
    reason = ""
    close = next(iter(said.values()), None)
    carried = day == dt.date(2027, 11, 26) and group in GOODS + MONEY + ["grains"]
    if len(set(said.values())) > 1 or carried or (day == dt.date(2024, 11, 29) and group == "grains"):
        close, reason = ruling(day, group)
    elif day.year == 2027 and day == labor_day(2027) and group in GOODS:
        close, reason = ruling(day, group)
    elif day == dt.date(2027, 6, 18) and group in FARM + MONEY:
        close, reason = ruling(day, group)
    agree = "".join(letter for letter, other in said.items() if other == close) or "-"
    against = [f"{letter}={other}" for letter, other in said.items() if other != close]
    return " ".join([close, agree] + against + ([reason] if reason else []))


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sources = {"L": of_lean(sys.argv[1]), "P": of_pandas(), "E": of_exchange()}
    stocks = of_stocks()
    print("\t".join(["date"] + GROUPS + ["stocks"]))
    for day in weekdays():
        cells = [cell(day, group, sources) for group in GROUPS]
        usual = all(
            source.get((day, group), USUAL[group]) == USUAL[group]
            for group in GROUPS
            for source in sources.values()
        )
        if not usual or day not in stocks:
            print("\t".join([str(day)] + cells + [("open" if day in stocks else CLOSED) + " PX"]))


if __name__ == "__main__":
    main()
