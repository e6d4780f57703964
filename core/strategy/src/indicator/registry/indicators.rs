//! The eighteen indicators.

use super::super::info::{Class, Info, Input, Unit};
use super::super::kind::Kind;
use super::{free, line, named_period, not_negative, period};
use crate::parameter::Parameter;

const WILDER: &str = "J. Welles Wilder, New Concepts in Technical Trading Systems, 1978";
const PERCENTAGE: Unit = Unit::Oscillator { min: 0, max: 100 };

pub(super) const INDICATORS: [Info; 18] = [
    Info {
        kind: Kind::Rsi,
        name: "rsi",
        aliases: &["relative_strength_index"],
        class: Class::Indicator,
        meaning: "Pace of rises against falls. Wilder's smoothing, seeded with simple means; 50 \
                  where nothing moved.",
        formula: "100 rises / (rises + falls), each smoothed by s += (x - s) / period",
        parameters: &[period("samples in the smoothing", 14, 2)],
        lines: &[line("rsi", PERCENTAGE)],
        input: Input::Source,
        session: false,
        source: WILDER,
    },
    Info {
        kind: Kind::Macd,
        name: "macd",
        aliases: &["moving_average_convergence_divergence"],
        class: Class::Indicator,
        meaning: "Distance of a fast mean from a slow one, its own mean, and the distance of the \
                  two. The fast mean is seeded where the slow one is, as TA-Lib does. A fast \
                  period longer than the slow one changes places with it.",
        formula: "macd = ema(fast) - ema(slow); signal = ema(macd, signal); histogram = macd - \
                  signal",
        parameters: &[
            named_period("fast", "samples in the fast mean", 12, 2),
            named_period("slow", "samples in the slow mean", 26, 2),
            named_period("signal", "samples in the mean of the difference", 9, 1),
        ],
        lines: &[
            line("macd", Unit::SourceDifference),
            line("signal", Unit::SourceDifference),
            line("histogram", Unit::SourceDifference),
        ],
        input: Input::Source,
        session: false,
        source: "Gerald Appel, The Moving Average Convergence-Divergence Trading Method, 1979",
    },
    Info {
        kind: Kind::Bb,
        name: "bb",
        aliases: &["bollinger", "bollinger_bands", "bbands"],
        class: Class::Indicator,
        meaning: "Bands around a mean. The deviation is the population's. In a window without any \
                  deviation percent_b is 0.5; it is never farther from 0.5 than sqrt(period - 1) / \
                  (2 sigma). The bandwidth has no value where the middle is 0.",
        formula: "middle = mean; upper, lower = middle ± sigma deviation; percent_b = (x - lower) / \
                  (upper - lower); bandwidth = 100 (upper - lower) / |middle|",
        parameters: &[
            period("samples in mean and deviation", 20, 2),
            Parameter::real("sigma", "distance of the bands in deviations", 2.0, 0.1, 10.0),
        ],
        lines: &[
            line("middle", Unit::Source),
            free("upper"),
            free("lower"),
            line("percent_b", Unit::Ratio),
            not_negative("bandwidth", Unit::Percent),
        ],
        input: Input::Source,
        session: false,
        source: "John Bollinger, Bollinger on Bollinger Bands, 2001",
    },
    Info {
        kind: Kind::Ema,
        name: "ema",
        aliases: &["exponential_moving_average"],
        class: Class::Indicator,
        meaning: "Exponential mean, seeded with the simple mean of the first period.",
        formula: "ema += (x - ema) 2 / (period + 1)",
        parameters: &[period("samples in the mean", 20, 1)],
        lines: &[line("ema", Unit::Source)],
        input: Input::Source,
        session: false,
        source: "TA-Lib, function EMA",
    },
    Info {
        kind: Kind::Sma,
        name: "sma",
        aliases: &["simple_moving_average", "mean"],
        class: Class::Indicator,
        meaning: "Mean of the last samples. The mean of equal samples is that sample exactly.",
        formula: "sum / period",
        parameters: &[period("samples in the mean", 20, 1)],
        lines: &[line("sma", Unit::Source)],
        input: Input::Source,
        session: false,
        source: "TA-Lib, function SMA",
    },
    Info {
        kind: Kind::Adx,
        name: "adx",
        aliases: &["average_directional_index", "dmi"],
        class: Class::Indicator,
        meaning: "Strength of a trend whatever its direction, and the strength of each direction. \
                  The directions have values from sample period + 1 on, the strength from sample \
                  2 period on.",
        formula: "plus_di, minus_di = 100 smoothed directional movement / smoothed true range; adx \
                  = Wilder's mean of 100 |plus_di - minus_di| / (plus_di + minus_di)",
        parameters: &[period("bars in the smoothing", 14, 2)],
        lines: &[
            line("adx", PERCENTAGE),
            line("plus_di", PERCENTAGE),
            line("minus_di", PERCENTAGE),
        ],
        input: Input::Bar,
        session: false,
        source: WILDER,
    },
    Info {
        kind: Kind::Atr,
        name: "atr",
        aliases: &["average_true_range"],
        class: Class::Indicator,
        meaning: "How far prices go in a bar. Wilder's smoothing, seeded with the mean of the \
                  first true ranges; the first bar has none.",
        formula: "atr += (tr - atr) / period; tr = max(high, close before) - min(low, close before)",
        parameters: &[period("bars in the smoothing", 14, 1)],
        lines: &[not_negative("atr", Unit::PriceDifference)],
        input: Input::Bar,
        session: false,
        source: WILDER,
    },
    Info {
        kind: Kind::Vwap,
        name: "vwap",
        aliases: &["volume_weighted_average_price"],
        class: Class::Indicator,
        meaning: "Mean price of the session so far, weighted with volume. A bar's volume counts at \
                  its typical price.",
        formula: "sum(volume (high + low + close) / 3) / sum(volume), from the session's open",
        parameters: &[],
        lines: &[line("vwap", Unit::Price)],
        input: Input::Bar,
        session: true,
        source: "Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, 1988",
    },
    Info {
        kind: Kind::Stoch,
        name: "stoch",
        aliases: &["stochastic", "stochastic_oscillator"],
        class: Class::Indicator,
        meaning: "Where the close lies in the range of the last bars, smoothed. 0 where the range \
                  is nothing.",
        formula: "k = sma(100 (close - lowest) / (highest - lowest), smooth); d = sma(k, signal)",
        parameters: &[
            period("bars in the range", 14, 1),
            named_period("smooth", "samples in the mean that makes k", 3, 1),
            named_period("signal", "samples in the mean that makes d", 3, 1),
        ],
        lines: &[line("k", PERCENTAGE), line("d", PERCENTAGE)],
        input: Input::Bar,
        session: false,
        source: "George Lane, Lane's Stochastics, Technical Analysis of Stocks and Commodities, \
                 1984",
    },
    Info {
        kind: Kind::Cci,
        name: "cci",
        aliases: &["commodity_channel_index"],
        class: Class::Indicator,
        meaning: "How far the typical price is from its mean, in mean deviations; never farther from \
                  0 than period / 0.03. 0 where nothing deviates.",
        formula: "(tp - sma(tp)) / (0.015 mean |tp - sma(tp)|); tp = (high + low + close) / 3",
        parameters: &[period("bars in mean and deviation", 20, 2)],
        lines: &[line("cci", Unit::Ratio)],
        input: Input::Bar,
        session: false,
        source: "Donald Lambert, Commodity Channel Index, Commodities, 1980",
    },
    Info {
        kind: Kind::Mfi,
        name: "mfi",
        aliases: &["money_flow_index"],
        class: Class::Indicator,
        meaning: "Share of the traded value that went with rising typical prices. 0 where no value \
                  moved. What trades at or below 0 has no value to be a share of: no index until \
                  period typical prices in a row are above 0 (TA-Lib leaves 0 to 100 there).",
        formula: "100 rising flow / (rising flow + falling flow); flow = volume (high + low + \
                  close) / 3",
        parameters: &[period("bars in the flows", 14, 2)],
        lines: &[line("mfi", PERCENTAGE)],
        input: Input::Bar,
        session: false,
        source: "Gene Quong and Avrum Soudack, Volume-Weighted RSI: Money Flow, Technical Analysis \
                 of Stocks and Commodities, 1989",
    },
    Info {
        kind: Kind::Roc,
        name: "roc",
        aliases: &["rate_of_change"],
        class: Class::Indicator,
        meaning: "Change over a number of samples in percent of the earlier one's size (others give \
                  a fraction), so that a rise is above 0 whatever the sign of the samples. No value \
                  where the earlier sample is 0 (TA-Lib: 0, and below 0 the other sign).",
        formula: "100 (x - x[period]) / |x[period]|",
        parameters: &[period("samples between the two", 10, 1)],
        lines: &[line("roc", Unit::Percent)],
        input: Input::Source,
        session: false,
        source: "TA-Lib, function ROC",
    },
    Info {
        kind: Kind::Williams,
        name: "williams",
        aliases: &["williams_r", "willr", "wpr"],
        class: Class::Indicator,
        meaning: "How far the close is below the highest of the last bars, as a share of their \
                  range. 0 where the range is nothing.",
        formula: "-100 (highest - close) / (highest - lowest)",
        parameters: &[period("bars in the range", 14, 2)],
        lines: &[line("williams", Unit::Oscillator { min: -100, max: 0 })],
        input: Input::Bar,
        session: false,
        source: "Larry Williams, How I Made One Million Dollars Last Year Trading Commodities, 1973",
    },
    Info {
        kind: Kind::Keltner,
        name: "keltner",
        aliases: &["keltner_channel", "keltner_channels", "kc"],
        class: Class::Indicator,
        meaning: "Bands around an exponential mean of closes, as far as Wilder's average true \
                  range says (LEAN takes a simple mean and a simple average range, both of one \
                  period).",
        formula: "middle = ema(close, period); upper, lower = middle ± multiplier atr(atr_period)",
        parameters: &[
            period("bars in the mean", 20, 1),
            Parameter::real("multiplier", "distance of the bands in ranges", 2.0, 0.1, 20.0),
            named_period("atr_period", "bars in the average true range", 10, 1),
        ],
        lines: &[
            line("middle", Unit::Price),
            line("upper", Unit::Price),
            line("lower", Unit::Price),
        ],
        input: Input::Bar,
        session: false,
        source: "Chester Keltner, How to Make Money in Commodities, 1960; with the average true \
                 range by Linda Bradford Raschke",
    },
    Info {
        kind: Kind::Donchian,
        name: "donchian",
        aliases: &["donchian_channel", "donchian_channels", "dc"],
        class: Class::Indicator,
        meaning: "Highest high and lowest low of the last bars, this one counted: a close can \
                  reach a band and never pass it, so compare with the bands of the bar before.",
        formula: "upper = highest(high); lower = lowest(low); middle = (upper + lower) / 2",
        parameters: &[period("bars in the range", 20, 1)],
        lines: &[
            line("middle", Unit::Price),
            line("upper", Unit::Price),
            line("lower", Unit::Price),
        ],
        input: Input::Bar,
        session: false,
        source: "Richard Donchian, High Finance in Copper, Financial Analysts Journal, 1960",
    },
    Info {
        kind: Kind::Ichimoku,
        name: "ichimoku",
        aliases: &["ichimoku_cloud"],
        class: Class::Indicator,
        meaning: "Middles of the ranges of three windows. The two lines of the cloud are those \
                  that charts draw at this bar, so made of what was known displacement bars ago. \
                  The lagging line (chikou) is this bar's close drawn in the past: at its own \
                  place it looks ahead, so there is none.",
        formula: "tenkan, kijun = middle of highest and lowest; senkou_a = (tenkan + kijun) / 2 \
                  and senkou_b = middle over senkou bars, both displacement bars ago",
        parameters: &[
            named_period("tenkan", "bars in the conversion line", 9, 1),
            named_period("kijun", "bars in the base line", 26, 1),
            named_period("senkou", "bars in the second line of the cloud", 52, 1),
            named_period("displacement", "bars that the cloud is shifted", 26, 1),
        ],
        lines: &[
            line("tenkan", Unit::Price),
            line("kijun", Unit::Price),
            line("senkou_a", Unit::Price),
            line("senkou_b", Unit::Price),
        ],
        input: Input::Bar,
        session: false,
        source: "Goichi Hosoda, Ichimoku Kinko Hyo, 1969",
    },
    Info {
        kind: Kind::Psar,
        name: "psar",
        aliases: &["sar", "parabolic_sar"],
        class: Class::Indicator,
        meaning: "A stop that follows a trend and turns with it. Its value is that for this bar, \
                  as TA-Lib gives it. A turn forgets little of what was before: twenty-four of them \
                  pass until it counts as settled.",
        formula: "sar += af (extreme - sar), never inside the last two bars; af grows by \
                  acceleration with each new extreme up to maximum",
        parameters: &[
            Parameter::real("acceleration", "step of the factor", 0.02, 0.001, 1.0),
            Parameter::real("maximum", "largest factor", 0.2, 0.001, 1.0),
        ],
        lines: &[line("psar", Unit::Price), line("direction", Unit::Direction)],
        input: Input::Bar,
        session: false,
        source: WILDER,
    },
    Info {
        kind: Kind::Supertrend,
        name: "supertrend",
        aliases: &["super_trend"],
        class: Class::Indicator,
        meaning: "A band around the middle of the bar that follows a trend and turns when the \
                  close passes it. Begins upward. Settled when it has turned three times.",
        formula: "bands = (high + low) / 2 ± multiplier atr(period), each moved towards the price \
                  only, until a close passes it",
        parameters: &[
            period("bars in the average true range", 10, 1),
            Parameter::real("multiplier", "distance of the bands in ranges", 3.0, 0.1, 20.0),
        ],
        lines: &[line("supertrend", Unit::Price), line("direction", Unit::Direction)],
        input: Input::Bar,
        session: false,
        source: "Olivier Seban, Tout le monde mérite d'être riche, 2008",
    },
];
