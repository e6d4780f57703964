//! The kinds of indicators.

/// What an indicator computes; [`Kind::info`](Kind::info) tells all about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the registry says what each is")]
pub enum Kind {
    Rsi,
    Macd,
    Bb,
    Ema,
    Sma,
    Adx,
    Atr,
    Vwap,
    Stoch,
    Cci,
    Mfi,
    Roc,
    Williams,
    Keltner,
    Donchian,
    Ichimoku,
    Psar,
    Supertrend,
    Highest,
    Lowest,
    Sum,
    Stdev,
    ZScore,
    PercentRank,
    Slope,
    Change,
    Delay,
    LogReturn,
    RealisedVolatility,
    Parkinson,
    GarmanKlass,
    RogersSatchell,
    Autocorrelation,
    VarianceRatio,
    EfficiencyRatio,
    RollSpread,
    Amihud,
    VolumeZScore,
    RelativeVolume,
    UpVolumeShare,
    AtrPercent,
    MacdAtr,
    CloseLocation,
    VwapDistance,
    SessionTime,
    DayOfWeek,
    SessionGap,
    SessionRange,
    BookImbalance,
    DepthImbalance,
    MicropriceOffset,
    SpreadTicks,
    TradeImbalance,
    TradeSize,
    KyleLambda,
}

impl Kind {
    /// What is known of the kind.
    pub fn info(self) -> &'static super::Info {
        super::REGISTRY[self as usize]
    }
}
