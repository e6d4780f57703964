//! Features: lines of kinds with fixed parameters, by name, as models take them.

use super::{Info, Kind, Spec};

/// A number that models and filters look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What computes it.
    pub kind: Kind,
    /// With which parameters; defaults for those left out.
    pub parameters: &'static [f64],
    /// Which line of the kind it is.
    pub line: usize,
}

impl Feature {
    /// What computes it, with its parameters.
    pub fn spec(&self) -> Spec {
        Spec::new(self.kind, self.parameters)
            .expect("parameters are in their ranges, as a test of this table proves")
    }

    /// All that is known of its kind.
    pub fn info(&self) -> &'static Info {
        self.kind.info()
    }
}

const fn of(name: &'static str, kind: Kind, parameters: &'static [f64], line: usize) -> Feature {
    Feature { name, kind, parameters, line }
}

/// All features, in the order in which models take them.
pub static FEATURES: [Feature; 44] = [
    of("log_return_1", Kind::LogReturn, &[1.0], 0),
    of("log_return_5", Kind::LogReturn, &[5.0], 0),
    of("log_return_15", Kind::LogReturn, &[15.0], 0),
    of("log_return_60", Kind::LogReturn, &[60.0], 0),
    of("realised_volatility_30", Kind::RealisedVolatility, &[30.0], 0),
    of("parkinson_30", Kind::Parkinson, &[30.0], 0),
    of("garman_klass_30", Kind::GarmanKlass, &[30.0], 0),
    of("rogers_satchell_30", Kind::RogersSatchell, &[30.0], 0),
    of("autocorrelation_60", Kind::Autocorrelation, &[60.0, 1.0], 0),
    of("variance_ratio_120", Kind::VarianceRatio, &[120.0, 5.0], 0),
    of("hurst_120", Kind::VarianceRatio, &[120.0, 5.0], 1),
    of("efficiency_ratio_10", Kind::EfficiencyRatio, &[10.0], 0),
    of("roll_spread_60", Kind::RollSpread, &[60.0], 0),
    of("amihud_30", Kind::Amihud, &[30.0], 0),
    of("volume_zscore_30", Kind::VolumeZScore, &[30.0], 0),
    of("relative_volume_20", Kind::RelativeVolume, &[20.0], 0),
    of("up_volume_share_20", Kind::UpVolumeShare, &[20.0], 0),
    of("rsi_14", Kind::Rsi, &[14.0], 0),
    of("atr_percent_14", Kind::AtrPercent, &[14.0], 0),
    of("adx_14", Kind::Adx, &[14.0], 0),
    of("bb_percent_b_20", Kind::Bb, &[20.0, 2.0], 3),
    of("bb_bandwidth_20", Kind::Bb, &[20.0, 2.0], 4),
    of("macd_atr_14", Kind::MacdAtr, &[], 0),
    of("close_location", Kind::CloseLocation, &[], 0),
    of("vwap_distance", Kind::VwapDistance, &[], 0),
    of("session_minutes", Kind::SessionTime, &[], 0),
    of("session_fraction", Kind::SessionTime, &[], 1),
    of("session_sine", Kind::SessionTime, &[], 2),
    of("session_cosine", Kind::SessionTime, &[], 3),
    of("day_of_week", Kind::DayOfWeek, &[], 0),
    of("session_gap", Kind::SessionGap, &[], 0),
    of("session_position", Kind::SessionRange, &[], 0),
    of("below_session_high", Kind::SessionRange, &[], 1),
    of("above_session_low", Kind::SessionRange, &[], 2),
    of("book_imbalance", Kind::BookImbalance, &[], 0),
    of("depth_imbalance", Kind::DepthImbalance, &[], 0),
    of("microprice_offset", Kind::MicropriceOffset, &[], 0),
    of("spread_ticks", Kind::SpreadTicks, &[], 0),
    of("trade_imbalance_1", Kind::TradeImbalance, &[1.0], 0),
    of("trade_imbalance_20", Kind::TradeImbalance, &[20.0], 0),
    of("trade_size_20", Kind::TradeSize, &[20.0], 0),
    of("kyle_lambda_60", Kind::KyleLambda, &[60.0], 0),
    of("percent_rank_100", Kind::PercentRank, &[100.0], 0),
    of("zscore_20", Kind::ZScore, &[20.0], 0),
];

/// The feature of that name; the case of its letters does not matter.
pub fn feature(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|feature| feature.name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::find;
    use std::collections::BTreeSet;

    #[test]
    fn every_feature_is_a_line_of_its_kind_under_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for one in &FEATURES {
            assert!(names.insert(one.name), "{} twice", one.name);
            assert!(one.line < one.info().lines.len(), "{}", one.name);
            assert!(one.spec().settle() > 0);
            assert_eq!(feature(&one.name.to_uppercase()), Some(one));
            // A feature that shares its name with a kind is that kind as it stands.
            if let Some(info) = find(one.name) {
                assert_eq!((info.kind, one.line), (one.kind, 0), "{}", one.name);
                assert_eq!(Spec::default_of(info.kind), one.spec(), "{}", one.name);
            }
        }
    }
}
