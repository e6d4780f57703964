//! Symbols as people and systems write them.

use super::*;

fn read(text: &str) -> Result<String, SymbolError> {
    Symbol::parse(text, 2026).map(|symbol| symbol.to_string())
}

#[test]
fn every_form_becomes_the_normal_one() {
    for (text, normal) in [
        ("ESZ6", "ESZ6"),
        ("esz26", "ESZ6"),
        ("ESZ2026", "ESZ6"),
        ("/ESZ26", "ESZ6"),
        ("CME_MINI:ESZ2026", "ESZ6"),
        ("ESZ26.CME", "ESZ6"),
        ("SP500Z6", "ESZ6"),
        ("M6EH7", "M6EH7"),
        ("GCF7", "GCF7"),
        ("ES.c.0", "ES.c.0"),
        ("ES.C.1", "ES.c.1"),
        ("CL.v.0", "CL.v.0"),
        ("ZN.n.2", "ZN.n.2"),
        ("ES.c.0.raw", "ES.c.0"),
        ("ES.c.0.diff", "ES.c.0.diff"),
        ("ES.v.0.panama", "ES.v.0.diff"),
        ("ES.c.0.ratio", "ES.c.0.ratio"),
        ("sp500.c.0", "ES.c.0"),
        ("ES.FUT", "ES.FUT"),
        ("es.fut", "ES.FUT"),
        ("ES", "ES.c.0"),
        ("/ES", "ES.c.0"),
        ("@ES", "ES.c.0"),
        ("ES=F", "ES.c.0"),
        ("ES1!", "ES.c.0"),
        ("CME_MINI:ES2!", "ES.c.1"),
        ("SP500", "ES.c.0"),
        ("E-MINI S&P", "ES.c.0"),
        ("e-mini s&p 500", "ES.c.0"),
        ("Nasdaq-100", "NQ.c.0"),
        ("EURUSD", "6E.c.0"),
        ("EUR/USD", "6E.c.0"),
        ("Crude Oil", "CL.c.0"),
        ("Natural Gas", "NG.c.0"),
        ("gold", "GC.c.0"),
        ("US30", "YM.c.0"),
        ("Russell 2000", "RTY.c.0"),
    ] {
        assert_eq!(read(text).as_deref(), Ok(normal), "{text:?}");
    }
}

#[test]
fn the_normal_form_is_read_back_as_itself() {
    for product in &PRODUCTS {
        for form in ["", ".c.0", ".v.1", ".n.2", ".c.0.diff", ".c.3.ratio", ".FUT"] {
            let symbol = Symbol::parse(&format!("{}{form}", product.code), 2026).expect("valid");
            assert_eq!(symbol.product(), product);
            assert_eq!(Symbol::parse(&symbol.to_string(), 2026), Ok(symbol));
        }
        for month in (1..=12).filter(|month| product.listed.contains(*month)) {
            let symbol = Symbol::Contract(Contract { product, month, year: 2027 });
            assert_eq!(Symbol::parse(&symbol.to_string(), 2026), Ok(symbol));
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_what_to_write_instead() {
    let error = |text: &str| read(text).expect_err("no symbol").to_string();
    assert!(error("").contains("ESZ6"));
    assert!(error("ES\u{e9}").contains("printable"));
    assert!(error("ESSZ6").contains("did you mean ES"), "{}", error("ESSZ6"));
    assert!(error("NASDAC").contains("NQ"), "{}", error("NASDAC"));
    assert!(error("CRUDEOLI").contains("CL"), "{}", error("CRUDEOLI"));
    assert!(error("AAPL").contains("unknown product"), "{}", error("AAPL"));
    assert!(error("XXZ6").contains("unknown product"));
    assert!(error("XX.c.0").contains("unknown product"));
    assert!(error("ESF6").contains("HMUZ"), "{}", error("ESF6"));
    assert!(error("ESA6").contains("HMUZ"), "{}", error("ESA6"));
    assert!(error("ESZ126").contains("digits"), "{}", error("ESZ126"));
    assert!(error("ESZ1926").contains("digits"));
    assert!(error("ESZ6-ESH7").contains("spread"), "{}", error("ESZ6-ESH7"));
    assert!(error("ESZ6 C5000").contains("option"), "{}", error("ESZ6 C5000"));
    for text in ["ES.c", "ES.x.0", "ES.c.", "ES.c.-1", "ES.c.+1", "ES.c.24", "ES.c.0.log", "ES."] {
        assert!(error(text).contains("PRODUCT.c.N"), "{text:?}: {}", error(text));
    }
    assert!(error("ES.c.0.diff.x").contains("PRODUCT.c.N"));
    assert!(error(&"E".repeat(65)).contains("1 to 64"));
}

#[test]
fn a_year_that_the_normal_form_cannot_keep_is_refused() {
    for text in ["CLZ36", "CLZ2036", "/CLZ36", "CLZ2036.NYM", "ESZ21", "CLZ2015", "crude oilz2032"]
    {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains("2022 to 2031"), "{text}: {error}");
        assert!(error.contains("Z"), "{text}: {error}");
    }
    assert!(read("CLZ36").expect_err("far").to_string().contains("CLZ6"), "the symbol it would be");
    for (text, year) in [("CLZ22", 2022), ("CLZ31", 2031), ("CLZ2026", 2026), ("CLZ1", 2031)] {
        let Ok(Symbol::Contract(contract)) = Symbol::parse(text, 2026) else { panic!("{text}") };
        assert_eq!(contract.year, year, "{text}");
    }
    let old = Symbol::parse("CLZ2015", 2016).expect("near to 2016");
    assert_eq!(Symbol::parse(&old.to_string(), 2016), Ok(old));
}

#[test]
fn a_month_that_only_the_big_contract_lists_is_refused_of_its_micro() {
    for (micro, big) in [("MGCN7", "GCN7"), ("MGCF7", "GCF7"), ("M6EN7", "6EN7")] {
        let error = read(micro).expect_err(micro);
        assert!(matches!(error, SymbolError::NotListed { .. }), "{micro}: {error}");
        assert!(read(big).is_ok(), "{big}");
    }
}

#[test]
fn a_series_says_what_it_needs() {
    let needs = |text: &str| match Symbol::parse(text, 2026) {
        Ok(Symbol::Continuous(series)) => series.needs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(needs("ES.c.0"), None);
    assert!(needs("ES.v.0").is_some_and(|what| what.contains("volume")));
    assert!(needs("ES.n.0").is_some_and(|what| what.contains("open interest")));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,70}", near in 0u16..4000) {
        let _ = Symbol::parse(&text, near);
    }

    #[test]
    fn text_made_of_the_right_letters_is_read_or_refused_and_reads_back(
        text in "(/|@|CME:)?[ESNQCL6]{1,3}[FHZU]?[0-9]{0,4}(\\.[cvnFUT]{1,3}(\\.[0-9]{1,2})?)?(=F|1!)?"
    ) {
        if let Ok(symbol) = Symbol::parse(&text, 2026) {
            proptest::prop_assert_eq!(Symbol::parse(&symbol.to_string(), 2026), Ok(symbol));
        }
    }
}
