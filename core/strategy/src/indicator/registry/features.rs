//! What models and filters look at.

use super::super::info::{Class, Info, Input, Line, Unit};
use super::super::kind::Kind;
use super::{line, named_period, not_negative, period};
use crate::parameter::Parameter;

/// Meaning, formula and source.
type Words = [&'static str; 3];

const ELEMENTARY: &str = "elementary";
const SIGNED: Unit = Unit::Oscillator { min: -1, max: 1 };
const SHARE: Unit = Unit::Oscillator { min: 0, max: 1 };

const fn feature(
    kind: Kind,
    name: &'static str,
    [meaning, formula, source]: Words,
    input: Input,
    parameters: &'static [Parameter],
    lines: &'static [Line],
) -> Info {
    Info {
        kind,
        name,
        aliases: &[],
        class: Class::Feature,
        meaning,
        formula,
        parameters,
        lines,
        input,
        session: false,
        source,
    }
}

/// The same with other names.
const fn alias(info: Info, aliases: &'static [&'static str]) -> Info {
    Info { aliases, ..info }
}

/// The same, counted from the beginning of a session.
const fn session(info: Info) -> Info {
    Info { session: true, ..info }
}

pub(super) const FEATURES: [Info; 28] = [
    feature(
        Kind::LogReturn,
        "log_return",
        [
            "Logarithm of the growth over a number of samples. No value until so many samples in a \
             row are above 0.",
            "ln(x / x[period])",
            ELEMENTARY,
        ],
        Input::Source,
        &[period("samples between the two", 1, 1)],
        &[line("log_return", Unit::Ratio)],
    ),
    alias(
        feature(
            Kind::RealisedVolatility,
            "realised_volatility",
            [
                "Volatility a sample from closes alone, the mean return taken as 0. No value while \
                 a sample of the window is not above 0.",
                "sqrt(mean(ln(x / x[1])^2))",
                "Andersen and Bollerslev, Answering the Skeptics, International Economic Review, \
                 1998",
            ],
            Input::Source,
            &[period("returns looked at", 30, 1)],
            &[not_negative("realised_volatility", Unit::Ratio)],
        ),
        &["realized_volatility", "rv"],
    ),
    feature(
        Kind::Parkinson,
        "parkinson",
        [
            "Volatility a bar from highs and lows. No value while a low of the window is not above \
             0.",
            "sqrt(mean(ln(high / low)^2) / (4 ln 2))",
            "Michael Parkinson, The Extreme Value Method, Journal of Business, 1980",
        ],
        Input::Bar,
        &[period("bars looked at", 30, 1)],
        &[not_negative("parkinson", Unit::Ratio)],
    ),
    feature(
        Kind::GarmanKlass,
        "garman_klass",
        [
            "Volatility a bar from all four prices, for a price without drift and without jumps \
             between bars. No value while a low of the window is not above 0.",
            "sqrt(mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2))",
            "Garman and Klass, On the Estimation of Security Price Volatilities, Journal of \
             Business, 1980",
        ],
        Input::Bar,
        &[period("bars looked at", 30, 1)],
        &[not_negative("garman_klass", Unit::Ratio)],
    ),
    feature(
        Kind::RogersSatchell,
        "rogers_satchell",
        [
            "Volatility a bar from all four prices, whatever the drift. No value while a low of the \
             window is not above 0.",
            "sqrt(mean(ln(high / close) ln(high / open) + ln(low / close) ln(low / open)))",
            "Rogers and Satchell, Estimating Variance from High, Low and Closing Prices, Annals \
             of Applied Probability, 1991",
        ],
        Input::Bar,
        &[period("bars looked at", 30, 1)],
        &[not_negative("rogers_satchell", Unit::Ratio)],
    ),
    feature(
        Kind::Autocorrelation,
        "autocorrelation",
        [
            "Correlation of returns with earlier ones: above 0 moves go on, below 0 they turn. 0 \
             where nothing moved. No value while a sample of the window is not above 0.",
            "correlation(r, r[lag]), r = ln(x / x[1])",
            "Campbell, Lo and MacKinlay, The Econometrics of Financial Markets, 1997, section 2.4",
        ],
        Input::Source,
        &[
            period("pairs of returns looked at", 60, 3),
            Parameter::whole("lag", "samples between the two returns", 1.0, 1.0, 100.0),
        ],
        &[line("autocorrelation", SIGNED)],
    ),
    feature(
        Kind::VarianceRatio,
        "variance_ratio",
        [
            "Variance of long returns beside that of short ones: 1 for a random walk, above it \
             where moves go on. The exponent is Hurst's were the series self-similar: 0.5 for a \
             random walk; it is cut to 0 and 1. 1 and 0.5 where nothing moved. No value while a \
             sample of the window is not above 0.",
            "variance_ratio = var(ln(x / x[horizon])) / (horizon var(ln(x / x[1]))), both \
             unbiased; hurst = 0.5 + ln(variance_ratio) / (2 ln horizon)",
            "Lo and MacKinlay, Stock Market Prices Do Not Follow Random Walks, Review of Financial \
             Studies, 1988, equations 12 and 13",
        ],
        Input::Source,
        &[
            period("one-sample returns looked at", 120, 8),
            Parameter::whole("horizon", "samples in a long return", 5.0, 2.0, 100.0),
        ],
        &[not_negative("variance_ratio", Unit::Ratio), line("hurst", SHARE)],
    ),
    feature(
        Kind::EfficiencyRatio,
        "efficiency_ratio",
        [
            "How straight the way was: 1 for a straight line. 0 where nothing moved.",
            "|x - x[period]| / sum(|x - x[1]|)",
            "Perry Kaufman, Smarter Trading, 1995",
        ],
        Input::Source,
        &[period("samples of the way", 10, 1)],
        &[line("efficiency_ratio", SHARE)],
    ),
    feature(
        Kind::RollSpread,
        "roll_spread",
        [
            "Spread that traders pay, from how closes bounce between bid and ask alone. 0 where \
             they do not bounce.",
            "2 sqrt(max(0, -covariance(x - x[1], x[1] - x[2])))",
            "Richard Roll, A Simple Implicit Measure of the Effective Bid-Ask Spread, Journal of \
             Finance, 1984",
        ],
        Input::Source,
        &[period("pairs of changes looked at", 60, 2)],
        &[not_negative("roll_spread", Unit::SourceDifference)],
    ),
    feature(
        Kind::Amihud,
        "amihud",
        [
            "Price impact of traded value: return a million of price times contracts. Bars without \
             volume are skipped. No value while a close of the window is not above 0.",
            "10^6 mean(|ln(close / close[1])| / (close volume))",
            "Yakov Amihud, Illiquidity and Stock Returns, Journal of Financial Markets, 2002",
        ],
        Input::Bar,
        &[period("bars looked at", 30, 1)],
        &[not_negative("amihud", Unit::Ratio)],
    ),
    feature(
        Kind::VolumeZScore,
        "volume_zscore",
        [
            "Distance of the volume from its mean in standard deviations, at most sqrt(period - 1) \
             of them; 0 where nothing deviates.",
            "(volume - mean(volume)) / stdev(volume)",
            ELEMENTARY,
        ],
        Input::Bar,
        &[period("bars looked at, this one counted", 30, 2)],
        &[line("volume_zscore", Unit::Ratio)],
    ),
    feature(
        Kind::RelativeVolume,
        "relative_volume",
        [
            "Volume beside the mean of the bars before; 1 where they had none.",
            "volume / mean(volume[1], ..., volume[period])",
            ELEMENTARY,
        ],
        Input::Bar,
        &[period("bars before this one", 20, 1)],
        &[not_negative("relative_volume", Unit::Ratio)],
    ),
    feature(
        Kind::UpVolumeShare,
        "up_volume_share",
        [
            "Share of volume in bars that closed higher than the bar before, of all that closed \
             higher or lower: up / (up + down), so that it has bounds where up / down has none. \
             0.5 where none did.",
            "up / (up + down), up = sum(volume where close > close[1])",
            "Richard Arms, Volume Cycles in the Stock Market, 1983",
        ],
        Input::Bar,
        &[period("bars looked at", 20, 1)],
        &[line("up_volume_share", SHARE)],
    ),
    alias(
        feature(
            Kind::AtrPercent,
            "atr_percent",
            [
                "Average true range as a share of the close's size; no value where that is 0.",
                "100 atr(period) / |close|",
                "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978",
            ],
            Input::Bar,
            &[period("bars in the smoothing", 14, 1)],
            &[not_negative("atr_percent", Unit::Percent)],
        ),
        &["natr"],
    ),
    feature(
        Kind::MacdAtr,
        "macd_atr",
        [
            "Histogram of the MACD of closes in average true ranges, so that instruments compare; \
             0 where the range is nothing.",
            "macd(fast, slow, signal).histogram / atr(atr_period)",
            "Alex Spiroglou, MACD-V, 2022",
        ],
        Input::Bar,
        &[
            named_period("fast", "samples in the fast mean", 12, 2),
            named_period("slow", "samples in the slow mean", 26, 2),
            named_period("signal", "samples in the mean of the difference", 9, 1),
            named_period("atr_period", "bars in the average true range", 14, 1),
        ],
        &[line("macd_atr", Unit::Ratio)],
    ),
    feature(
        Kind::CloseLocation,
        "close_location",
        [
            "Where the close lies in the bar: 1 at its high, -1 at its low, 0 in a bar without \
             range.",
            "(2 close - high - low) / (high - low)",
            "Marc Chaikin, as in Achelis, Technical Analysis from A to Z, 1995",
        ],
        Input::Bar,
        &[],
        &[line("close_location", SIGNED)],
    ),
    session(feature(
        Kind::VwapDistance,
        "vwap_distance",
        [
            "Distance of the close from the session's volume-weighted mean price; no value where \
             that is 0.",
            "100 (close - vwap) / |vwap|",
            "Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, 1988",
        ],
        Input::Bar,
        &[],
        &[line("vwap_distance", Unit::Percent)],
    )),
    session(feature(
        Kind::SessionTime,
        "session_time",
        [
            "How far the session is at the bar's end: minutes since the open, share of the \
             session, and that share as a place on a circle.",
            "minutes; fraction = minutes / length; sine, cosine of 2 pi fraction",
            ELEMENTARY,
        ],
        Input::Bar,
        &[],
        &[
            line("minutes", Unit::Minutes),
            line("fraction", SHARE),
            line("sine", SIGNED),
            line("cosine", SIGNED),
        ],
    )),
    session(feature(
        Kind::DayOfWeek,
        "day_of_week",
        [
            "Day of the session, by the date of its last moment in UTC: Monday 1 to Sunday 7, as \
             ISO 8601 counts.",
            "weekday(session close)",
            "ISO 8601",
        ],
        Input::Bar,
        &[],
        &[line("day_of_week", Unit::Weekday)],
    )),
    session(feature(
        Kind::SessionGap,
        "session_gap",
        [
            "Step from the last close of the session before, where that was seen whole, to the first \
             open of this one; no value where that close is 0.",
            "100 (open - close before) / |close before|",
            ELEMENTARY,
        ],
        Input::Bar,
        &[],
        &[line("session_gap", Unit::Percent)],
    )),
    session(feature(
        Kind::SessionRange,
        "session_range",
        [
            "Where the close lies in the range of the session so far, and how far it is from its \
             ends. The position is 0.5 where the range is nothing; the distances have no value \
             where the close is 0.",
            "position = (close - low) / (high - low); below_high = 100 (high - close) / |close|; \
             above_low = 100 (close - low) / |close|, high and low of the session",
            ELEMENTARY,
        ],
        Input::Bar,
        &[],
        &[
            line("position", SHARE),
            not_negative("below_high", Unit::Percent),
            not_negative("above_low", Unit::Percent),
            line("high", Unit::Price),
            line("low", Unit::Price),
        ],
    )),
    feature(
        Kind::BookImbalance,
        "book_imbalance",
        [
            "Which side of the best prices is heavier at the bar's end: 1 all bid, -1 all ask.",
            "(bid size - ask size) / (bid size + ask size)",
            "Cartea, Jaimungal and Penalva, Algorithmic and High-Frequency Trading, 2015, chapter \
             12",
        ],
        Input::Tape,
        &[],
        &[line("book_imbalance", SIGNED)],
    ),
    feature(
        Kind::DepthImbalance,
        "depth_imbalance",
        [
            "Which side of the best five levels is heavier at the bar's end: 1 all bid, -1 all \
             ask.",
            "(bid depth - ask depth) / (bid depth + ask depth)",
            "Cartea, Jaimungal and Penalva, Algorithmic and High-Frequency Trading, 2015, chapter \
             12",
        ],
        Input::Tape,
        &[],
        &[line("depth_imbalance", SIGNED)],
    ),
    feature(
        Kind::MicropriceOffset,
        "microprice_offset",
        [
            "How far the mean of bid and ask, each weighted with the size of the other side, is \
             from their middle.",
            "(bid size - ask size) / (bid size + ask size) spread / 2",
            "Gatheral and Oomen, Zero-Intelligence Realized Variance Estimation, Finance and \
             Stochastics, 2010",
        ],
        Input::Tape,
        &[],
        &[line("microprice_offset", Unit::PriceDifference)],
    ),
    feature(
        Kind::SpreadTicks,
        "spread_ticks",
        ["Best ask less best bid at the bar's end.", "(ask - bid) / tick", ELEMENTARY],
        Input::Tape,
        &[],
        &[line("spread_ticks", Unit::Ticks)],
    ),
    alias(
        feature(
            Kind::TradeImbalance,
            "trade_imbalance",
            [
                "Share by which aggressive buying outweighs aggressive selling; 0 where neither \
                 traded.",
                "(sum(buy volume) - sum(sell volume)) / (sum(buy volume) + sum(sell volume))",
                "Chordia, Roll and Subrahmanyam, Order Imbalance, Liquidity, and Market Returns, \
                 Journal of Financial Economics, 2002",
            ],
            Input::Tape,
            &[period("bars looked at", 1, 1)],
            &[line("trade_imbalance", SIGNED)],
        ),
        &["trade_flow"],
    ),
    feature(
        Kind::TradeSize,
        "trade_size",
        [
            "Contracts in a trade, on average; no value where there was none.",
            "sum(buy volume + sell volume) / sum(trades)",
            "Barclay and Warner, Stealth Trading and Volatility, Journal of Financial Economics, \
             1993",
        ],
        Input::Tape,
        &[period("bars looked at", 20, 1)],
        &[line("trade_size", Unit::Volume)],
    ),
    feature(
        Kind::KyleLambda,
        "kyle_lambda",
        [
            "Price impact of aggressive volume: price a contract, by regression. 0 where the \
             volume does not vary.",
            "covariance(close - close[1], q) / variance(q), q = buy volume - sell volume",
            "Albert Kyle, Continuous Auctions and Insider Trading, Econometrica, 1985",
        ],
        Input::Tape,
        &[period("bars looked at", 60, 3)],
        &[line("kyle_lambda", Unit::Ratio)],
    ),
];
