//! Rules and products by the names that people give them.

use crate::LabError;
use gauntlet_model::input::Archetype;
use gauntlet_model::instrument::{Product, contract, product_of_code};
use gauntlet_strategy::rule::json::{JSON_BYTES_MAX, from_json};
use gauntlet_strategy::rule::parse;
use gauntlet_strategy::strategy::Plan;
use gauntlet_strategy::strategy::archetypes::ArchetypeRules;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The rules of a file, or of an archetype where there is no such file.
///
/// # Errors
/// When there is neither, or the rules cannot be read.
pub fn plan_named(rules: &str) -> Result<Plan, LabError> {
    let path = Path::new(rules);
    if !path.exists() {
        return match Archetype::normalise(rules) {
            Ok(archetype) => Ok(archetype.plan()),
            Err(error) => Err(LabError::Failed(format!("there is no file {rules}, and {error}"))),
        };
    }
    let unread = |error| LabError::Failed(format!("cannot read {rules}: {error}"));
    let mut text = String::new();
    let file = File::open(path).map_err(unread)?;
    file.take(JSON_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(unread)?;
    let parsed = match text.trim_start().starts_with('{') {
        true => from_json(&text).map_err(LabError::failed)?,
        false => parse(&text),
    };
    Plan::new(parsed.into_rules().map_err(LabError::failed)?, &[]).map_err(LabError::failed)
}

/// The product of a symbol: its code alone, or a contract of it.
///
/// # Errors
/// When there is no symbol, or it is of no known product.
pub fn product_named(symbol: Option<&str>) -> Result<&'static Product, LabError> {
    let symbol = symbol.ok_or_else(|| {
        LabError::Usage("the file does not tell what its bars are of: use --symbol".to_owned())
    })?;
    let upper = symbol.to_ascii_uppercase();
    // Which decade a contract is of does not change its product.
    let of_contract = || contract(&upper, 2020).map(|contract| contract.product);
    product_of_code(&upper).or_else(of_contract).ok_or_else(|| {
        LabError::Usage(format!(
            "{symbol} is no known product or contract: use --symbol, as in ESH4"
        ))
    })
}
