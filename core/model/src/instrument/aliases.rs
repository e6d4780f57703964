//! What people and other systems call the products.

use super::{PRODUCTS, Product, product_of_code};

/// Most suggestions for a name that is not known.
const SUGGESTIONS_MAX: usize = 3;

/// Other names of products: letters and digits alone, in capitals.
#[rustfmt::skip]
const ALIASES: &[(&str, &str)] = &[
    ("SP500", "ES"), ("SPX", "ES"), ("SPX500", "ES"), ("US500", "ES"), ("SP", "ES"), ("EP", "ES"),
    ("EMINISP", "ES"), ("EMINISP500", "ES"), ("EMINI", "ES"), ("SANDP500", "ES"), ("SPY", "ES"),
    ("MICROSP500", "MES"), ("MICROEMINISP500", "MES"), ("MICROES", "MES"),
    ("NASDAQ", "NQ"), ("NASDAQ100", "NQ"), ("NDX", "NQ"), ("NAS100", "NQ"), ("US100", "NQ"),
    ("ENQ", "NQ"), ("EMININASDAQ", "NQ"), ("EMININASDAQ100", "NQ"), ("QQQ", "NQ"),
    ("MICRONASDAQ", "MNQ"), ("MICRONASDAQ100", "MNQ"), ("MICROEMININASDAQ100", "MNQ"),
    ("MICRONQ", "MNQ"),
    ("RUSSELL", "RTY"), ("RUSSELL2000", "RTY"), ("RUT", "RTY"), ("US2000", "RTY"),
    ("EMINIRUSSELL2000", "RTY"), ("IWM", "RTY"), ("TF", "RTY"),
    ("MICRORUSSELL", "M2K"), ("MICRORUSSELL2000", "M2K"), ("MICROEMINIRUSSELL2000", "M2K"),
    ("DOW", "YM"), ("DOWJONES", "YM"), ("DJIA", "YM"), ("DJI", "YM"), ("DJ30", "YM"),
    ("US30", "YM"), ("DOW30", "YM"), ("EMINIDOW", "YM"), ("MINIDOW", "YM"), ("DIA", "YM"),
    ("MICRODOW", "MYM"), ("MICROEMINIDOW", "MYM"),
    ("NIKKEI", "NKD"), ("NIKKEI225", "NKD"), ("NI225", "NKD"), ("JP225", "NKD"),
    ("2YEAR", "ZT"), ("2YEARNOTE", "ZT"), ("2YNOTE", "ZT"), ("US2Y", "ZT"), ("TU", "ZT"),
    ("5YEAR", "ZF"), ("5YEARNOTE", "ZF"), ("5YNOTE", "ZF"), ("US5Y", "ZF"), ("FV", "ZF"),
    ("10YEAR", "ZN"), ("10YEARNOTE", "ZN"), ("10YNOTE", "ZN"), ("US10Y", "ZN"), ("TY", "ZN"),
    ("TNOTE", "ZN"), ("ULTRA10YEAR", "TN"), ("ULTRA10", "TN"), ("ULTRA10YEARNOTE", "TN"),
    ("30YEAR", "ZB"), ("30YEARBOND", "ZB"), ("US30Y", "ZB"), ("TBOND", "ZB"), ("BOND", "ZB"),
    ("TREASURYBOND", "ZB"), ("ULTRABOND", "UB"), ("ULTRATBOND", "UB"),
    ("AUDUSD", "6A"), ("AUD", "6A"), ("GBPUSD", "6B"), ("GBP", "6B"), ("CADUSD", "6C"),
    ("CAD", "6C"), ("EURUSD", "6E"), ("EUR", "6E"), ("EURO", "6E"), ("EUROFX", "6E"), ("EC", "6E"),
    ("JPYUSD", "6J"), ("JPY", "6J"), ("YEN", "6J"), ("MXNUSD", "6M"), ("MXN", "6M"),
    ("NZDUSD", "6N"), ("NZD", "6N"), ("CHFUSD", "6S"), ("CHF", "6S"), ("MICROEURO", "M6E"),
    ("MICROEURUSD", "M6E"),
    ("BITCOIN", "BTC"), ("BTCUSD", "BTC"), ("MICROBITCOIN", "MBT"), ("ETHER", "ETH"),
    ("ETHEREUM", "ETH"), ("ETHUSD", "ETH"), ("MICROETHER", "MET"),
    ("CRUDE", "CL"), ("CRUDEOIL", "CL"), ("WTI", "CL"), ("WTICRUDE", "CL"), ("USOIL", "CL"),
    ("OIL", "CL"), ("MICROCRUDE", "MCL"), ("MICROWTI", "MCL"), ("BRENT", "BZ"), ("UKOIL", "BZ"),
    ("BRENTCRUDE", "BZ"), ("NATGAS", "NG"), ("NATURALGAS", "NG"), ("HENRYHUB", "NG"),
    ("GASOLINE", "RB"), ("RBOB", "RB"), ("HEATINGOIL", "HO"), ("ULSD", "HO"), ("DIESEL", "HO"),
    ("PLATINUM", "PL"), ("XPTUSD", "PL"), ("PALLADIUM", "PA"), ("XPDUSD", "PA"), ("GOLD", "GC"),
    ("XAUUSD", "GC"), ("XAU", "GC"), ("MICROGOLD", "MGC"), ("SILVER", "SI"), ("XAGUSD", "SI"),
    ("XAG", "SI"), ("MICROSILVER", "SIL"), ("COPPER", "HG"),
    ("CORN", "ZC"), ("WHEAT", "ZW"), ("CHICAGOWHEAT", "ZW"), ("KANSASWHEAT", "KE"),
    ("KCWHEAT", "KE"), ("SOYBEAN", "ZS"), ("SOYBEANS", "ZS"), ("SOY", "ZS"),
    ("SOYBEANMEAL", "ZM"), ("SOYMEAL", "ZM"), ("SOYBEANOIL", "ZL"), ("SOYOIL", "ZL"),
    ("LIVECATTLE", "LE"), ("CATTLE", "LE"), ("LC", "LE"), ("LEANHOG", "HE"), ("LEANHOGS", "HE"),
    ("HOGS", "HE"), ("FEEDERCATTLE", "GF"), ("FEEDER", "GF"), ("FC", "GF"),
];

/// The product of a code or of another name, in any case and with any separators.
pub(super) fn product_of_name(name: &str) -> Option<&'static Product> {
    let name = plain(name);
    product_of_code(&name).or_else(|| {
        let (_, code) = ALIASES.iter().find(|(alias, _)| *alias == name)?;
        product_of_code(code)
    })
}

/// The products whose code or name is nearest to a text, the nearest first; none that are far.
pub(super) fn nearest(name: &str) -> Vec<&'static str> {
    let name = plain(name);
    let near = (name.len() / 3).max(1);
    let codes = PRODUCTS.iter().map(|product| (product.code, product.code));
    let mut found: Vec<(usize, &'static str)> = codes
        .chain(ALIASES.iter().copied())
        .map(|(text, code)| (strsim::levenshtein(&name, text), code))
        .filter(|(distance, _)| *distance <= near)
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    let mut codes = Vec::new();
    for (_, code) in found {
        if !codes.contains(&code) && codes.len() < SUGGESTIONS_MAX {
            codes.push(code);
        }
    }
    codes
}

/// Letters and digits alone, in capitals.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_is_plain_means_a_product_and_stands_once() {
        for (at, (alias, code)) in ALIASES.iter().enumerate() {
            assert_eq!(plain(alias), *alias);
            assert!(product_of_code(code).is_some(), "{code}");
            assert!(product_of_code(alias).is_none(), "{alias} is a code");
            assert!(ALIASES[..at].iter().all(|(before, _)| before != alias), "{alias} twice");
        }
    }
}
