//! The table of products.

use super::Exchange::{Cbot, Cme, Comex, Nymex};
use super::{Exchange, Group, LastTrade, Months, Product, RollRule};
use crate::units::{Money, Price};

/// What products of one kind have in common: group, months that are listed, months that trade
/// actively, last trade, roll.
type Terms = (Group, Months, Months, LastTrade, RollRule);

const QUARTERLY: Months = Months::QUARTERLY;

/// Positions move on to the next quarter in the week of expiry, which the exchange opens as the
/// roll date on its Monday.
const INDEX: Terms = (
    Group::EquityIndex,
    QUARTERLY,
    QUARTERLY,
    LastTrade::ThirdFriday,
    RollRule::BeforeLastTrade(4),
);
const NIKKEI: Terms = (
    Group::EquityIndex,
    QUARTERLY,
    QUARTERLY,
    LastTrade::BeforeSecondFriday,
    RollRule::BeforeLastTrade(3),
);
const NOTES: Terms = (
    Group::Rates,
    QUARTERLY,
    QUARTERLY,
    LastTrade::FromMonthEnd { nth: 1, at: (13, 1) },
    BEFORE_DELIVERY,
);
const BONDS: Terms = (
    Group::Rates,
    QUARTERLY,
    QUARTERLY,
    LastTrade::FromMonthEnd { nth: 8, at: (13, 1) },
    BEFORE_DELIVERY,
);
const CURRENCY: Terms = (
    Group::Currencies,
    Months::ALL,
    QUARTERLY,
    LastTrade::BeforeThirdWednesday(2),
    RollRule::BeforeLastTrade(3),
);
/// Lists the quarters alone, without the months between of the big contract.
const MICRO_EURO: Terms = (
    Group::Currencies,
    QUARTERLY,
    QUARTERLY,
    LastTrade::BeforeThirdWednesday(2),
    RollRule::BeforeLastTrade(3),
);
const CANADA: Terms = (
    Group::Currencies,
    Months::ALL,
    QUARTERLY,
    LastTrade::BeforeThirdWednesday(1),
    RollRule::BeforeLastTrade(4),
);
const CRYPTO: Terms = (
    Group::Crypto,
    Months::ALL,
    Months::ALL,
    LastTrade::LastFridayInLondon,
    RollRule::BeforeLastTrade(2),
);
const CRUDE: Terms = energy(LastTrade::BeforeTwentyFifth(3), 3);
/// Trades a day less than crude oil and rolls on the same day.
const MICRO_CRUDE: Terms = energy(LastTrade::BeforeTwentyFifth(4), 2);
const BRENT: Terms = energy(LastTrade::LondonMonthEnd, 3);
const GAS: Terms = energy(LastTrade::FromEndOfMonthBefore(3), 3);
const FUEL: Terms = energy(LastTrade::FromEndOfMonthBefore(1), 4);
const GOLD: Terms = metal(b"GJMQVZ", (13, 25));
/// Lists the even months alone, without the next months of the big contract.
const MICRO_GOLD: Terms = metal_of(Months::of(b"GJMQVZ"), b"GJMQVZ", (13, 25));
const SILVER: Terms = metal(b"HKNUZ", (13, 25));
const COPPER: Terms = metal(b"HKNUZ", (13, 0));
const PLATINUM: Terms = metal(b"FJNV", (13, 5));
const PALLADIUM: Terms = metal(b"HMUZ", (13, 0));
const GRAIN: Terms = farm(b"HKNUZ");
const SOYBEAN: Terms = farm(b"FHKNQUX");
const SOY_PRODUCT: Terms = farm(b"FHKNQUVZ");
const CATTLE: Terms = (
    Group::Livestock,
    Months::of(b"GJMQVZ"),
    Months::of(b"GJMQVZ"),
    LastTrade::FromMonthEnd { nth: 1, at: (13, 0) },
    BEFORE_DELIVERY,
);
const HOG: Terms = (
    Group::Livestock,
    Months::of(b"GJKMNQVZ"),
    Months::of(b"GJKMNQVZ"),
    LastTrade::TenthBusinessDay,
    RollRule::BeforeLastTrade(5),
);
const FEEDER: Terms = (
    Group::Livestock,
    Months::of(b"FHJKQUVX"),
    Months::of(b"FHJKQUVX"),
    LastTrade::FeederThursday,
    RollRule::BeforeLastTrade(5),
);

/// Sellers may give notice of delivery from the last business days before the delivery month on:
/// who holds a contract then may have to take the goods.
const BEFORE_DELIVERY: RollRule = RollRule::BeforeDeliveryMonth(3);

const fn energy(last_trade: LastTrade, days: u8) -> Terms {
    (Group::Energy, Months::ALL, Months::ALL, last_trade, RollRule::BeforeLastTrade(days))
}

/// Every month is listed for a while; only some trade.
const fn metal(cycle: &[u8], at: (u8, u8)) -> Terms {
    metal_of(Months::ALL, cycle, at)
}

const fn metal_of(listed: Months, cycle: &[u8], at: (u8, u8)) -> Terms {
    let last_trade = LastTrade::FromMonthEnd { nth: 3, at };
    (Group::Metals, listed, Months::of(cycle), last_trade, BEFORE_DELIVERY)
}

const fn farm(months: &[u8]) -> Terms {
    let months = Months::of(months);
    (Group::Grains, months, months, LastTrade::BeforeFifteenth, BEFORE_DELIVERY)
}

const fn product(
    code: &'static str,
    name: &'static str,
    exchange: Exchange,
    tick: i64,
    multiplier: i64,
    (group, listed, cycle, last_trade, roll): Terms,
) -> Product {
    Product {
        code,
        name,
        exchange,
        group,
        tick: Price(tick),
        multiplier: Money(multiplier),
        currency: "USD",
        listed,
        cycle,
        last_trade,
        roll,
    }
}

/// Every product that is known: tick in 1e-9, multiplier in micro-dollars.
#[rustfmt::skip]
pub static PRODUCTS: [Product; 50] = [
    product("ES", "E-mini S&P 500", Cme, 250_000_000, 50_000_000, INDEX),
    product("MES", "Micro E-mini S&P 500", Cme, 250_000_000, 5_000_000, INDEX),
    product("NQ", "E-mini Nasdaq-100", Cme, 250_000_000, 20_000_000, INDEX),
    product("MNQ", "Micro E-mini Nasdaq-100", Cme, 250_000_000, 2_000_000, INDEX),
    product("RTY", "E-mini Russell 2000", Cme, 100_000_000, 50_000_000, INDEX),
    product("M2K", "Micro E-mini Russell 2000", Cme, 100_000_000, 5_000_000, INDEX),
    product("NKD", "Nikkei 225 (dollar)", Cme, 5_000_000_000, 5_000_000, NIKKEI),
    product("YM", "E-mini Dow ($5)", Cbot, 1_000_000_000, 5_000_000, INDEX),
    product("MYM", "Micro E-mini Dow", Cbot, 1_000_000_000, 500_000, INDEX),
    product("ZT", "2-Year Treasury Note", Cbot, 3_906_250, 2_000_000_000, NOTES),
    product("ZF", "5-Year Treasury Note", Cbot, 7_812_500, 1_000_000_000, NOTES),
    product("ZN", "10-Year Treasury Note", Cbot, 15_625_000, 1_000_000_000, BONDS),
    product("TN", "Ultra 10-Year Treasury Note", Cbot, 15_625_000, 1_000_000_000, BONDS),
    product("ZB", "Treasury Bond", Cbot, 31_250_000, 1_000_000_000, BONDS),
    product("UB", "Ultra Treasury Bond", Cbot, 31_250_000, 1_000_000_000, BONDS),
    product("6A", "Australian Dollar", Cme, 50_000, 100_000_000_000, CURRENCY),
    product("6B", "British Pound", Cme, 100_000, 62_500_000_000, CURRENCY),
    product("6C", "Canadian Dollar", Cme, 50_000, 100_000_000_000, CANADA),
    product("6E", "Euro FX", Cme, 50_000, 125_000_000_000, CURRENCY),
    product("6J", "Japanese Yen", Cme, 500, 12_500_000_000_000, CURRENCY),
    product("6M", "Mexican Peso", Cme, 10_000, 500_000_000_000, CURRENCY),
    product("6N", "New Zealand Dollar", Cme, 50_000, 100_000_000_000, CURRENCY),
    product("6S", "Swiss Franc", Cme, 50_000, 125_000_000_000, CURRENCY),
    product("M6E", "Micro Euro FX", Cme, 100_000, 12_500_000_000, MICRO_EURO),
    product("BTC", "Bitcoin", Cme, 5_000_000_000, 5_000_000, CRYPTO),
    product("MBT", "Micro Bitcoin", Cme, 5_000_000_000, 100_000, CRYPTO),
    product("ETH", "Ether", Cme, 500_000_000, 50_000_000, CRYPTO),
    product("MET", "Micro Ether", Cme, 500_000_000, 100_000, CRYPTO),
    product("CL", "Crude Oil", Nymex, 10_000_000, 1_000_000_000, CRUDE),
    product("MCL", "Micro WTI Crude Oil", Nymex, 10_000_000, 100_000_000, MICRO_CRUDE),
    product("BZ", "Brent Last Day Financial", Nymex, 10_000_000, 1_000_000_000, BRENT),
    product("NG", "Henry Hub Natural Gas", Nymex, 1_000_000, 10_000_000_000, GAS),
    product("RB", "RBOB Gasoline", Nymex, 100_000, 42_000_000_000, FUEL),
    product("HO", "NY Harbor ULSD", Nymex, 100_000, 42_000_000_000, FUEL),
    product("PL", "Platinum", Nymex, 100_000_000, 50_000_000, PLATINUM),
    product("PA", "Palladium", Nymex, 500_000_000, 100_000_000, PALLADIUM),
    product("GC", "Gold", Comex, 100_000_000, 100_000_000, GOLD),
    product("MGC", "Micro Gold", Comex, 100_000_000, 10_000_000, MICRO_GOLD),
    product("SI", "Silver", Comex, 5_000_000, 5_000_000_000, SILVER),
    product("SIL", "Micro Silver", Comex, 5_000_000, 1_000_000_000, SILVER),
    product("HG", "Copper", Comex, 500_000, 25_000_000_000, COPPER),
    product("ZC", "Corn", Cbot, 250_000_000, 50_000_000, GRAIN),
    product("ZW", "Chicago SRW Wheat", Cbot, 250_000_000, 50_000_000, GRAIN),
    product("KE", "KC HRW Wheat", Cbot, 250_000_000, 50_000_000, GRAIN),
    product("ZS", "Soybean", Cbot, 250_000_000, 50_000_000, SOYBEAN),
    product("ZM", "Soybean Meal", Cbot, 100_000_000, 100_000_000, SOY_PRODUCT),
    product("ZL", "Soybean Oil", Cbot, 10_000_000, 600_000_000, SOY_PRODUCT),
    product("LE", "Live Cattle", Cme, 25_000_000, 400_000_000, CATTLE),
    product("HE", "Lean Hog", Cme, 25_000_000, 400_000_000, HOG),
    product("GF", "Feeder Cattle", Cme, 25_000_000, 500_000_000, FEEDER),
];
