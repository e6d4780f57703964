//! A contract's end, at the simulated venue: bots on a product roll or go out, nothing of the contract trades
//! past its last day, nobody holds it there, and the journal replays to the same effects.

use gauntlet_journal::{EffectEntry, EffectReader, InputReader, Position};
use gauntlet_model::effect::{Effect, IntentReason, Ruling};
use gauntlet_model::ids::{BotId, InstrumentId};
use gauntlet_model::input::{ExecType, Input};
use gauntlet_model::units::UnixNanos;
use gauntlet_readmodel::replay;
use gauntlet_tests::program;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// A bot that is long whenever it may be, over nights too.
fn holder(name: &str, stage: &str, more: &str) -> String {
    format!(
        "\n[[bot]]\nname = {name:?}\naccount = \"DEMO\"\ninstrument = \"CL\"\nstage = {stage:?}\n\
         session = \"FULL_24x5\"\norder_qty = 1\nstop_loss = \"4000 ticks\"\nhold_over_session = true\n\
         max_order_qty = 2\nmax_position = 2\n{more}\nrule_text = \"\"\"\nlong when close > 1\n\
         entry aggressive\n\"\"\"\n"
    )
}

/// The demo on crude oil alone, whose December contract is left on Tuesday 17 November 2026 and trades
/// last on the Friday.
fn configuration() -> String {
    let (head, rest) = gauntlet::config::DEMO.split_once("[[instrument]]").expect("instruments");
    let oil = rest.split("[[instrument]]").find(|part| part.contains("symbol = \"CL\""));
    let oil = oil.and_then(|part| part.split("\n#").next()).expect("oil");
    // The contract behind the next one is followed as soon as that is the front one, in the same session.
    let oil = oil.replace("stale_after_ms = 30000", "stale_after_ms = 30000\nwarn_days = 30");
    let bots = [
        holder("rolls", "LIVE", ""),
        holder("rolls-on-paper", "PAPER", "at_contract_end = \"roll\""),
        holder("stays", "LIVE", "at_contract_end = \"flatten\""),
    ];
    format!("{head}[[instrument]]{oil}{}\n[venue]\nlater_contracts = 3\n", bots.concat())
}

/// When, in what, and the position after.
type Fill = (UnixNanos, InstrumentId, i32);

/// What a journal says of one bot.
#[derive(Debug, Default)]
struct Life {
    fills: Vec<Fill>,
    /// When it went over to another contract.
    rolled: Vec<UnixNanos>,
    /// Times at which it was told to get out for the contract's end.
    told_out: Vec<UnixNanos>,
}

/// By name, what bots did, and how many quotes came of each contract with its identity.
type Story = (BTreeMap<String, Life>, BTreeMap<String, (InstrumentId, u64)>);

fn lives(journal: &Path) -> Story {
    let mut inputs = InputReader::open(journal, Position::START).expect("a journal");
    let mut effects = EffectReader::open(journal, Position::START).expect("a journal");
    let mut ahead = effects.next().expect("readable");
    let (mut names, mut symbols) = (BTreeMap::new(), BTreeMap::new());
    let mut quotes: BTreeMap<InstrumentId, u64> = BTreeMap::new();
    let mut lives: BTreeMap<BotId, Life> = BTreeMap::new();
    while let Some(record) = inputs.next().expect("readable") {
        let (seq, now) = (record.sequenced.seq, record.sequenced.time);
        match record.sequenced.input {
            Input::Bot(bot) => drop(names.insert(bot.bot, bot.name.to_string())),
            Input::Instrument(i) => drop(symbols.insert(i.symbol.to_string(), i.instrument)),
            Input::Quote(quote) => *quotes.entry(quote.instrument).or_default() += 1,
            Input::Execution(fill) if fill.exec_type == ExecType::Trade => {
                let life = lives.entry(fill.cl_ord_id.bot()).or_default();
                let held = life.fills.last().map_or(0, |(_, _, held)| *held);
                let after = held + fill.side.sign() as i32 * fill.last_qty as i32;
                life.fills.push((now, fill.instrument.expect("ours"), after));
            }
            _ => {}
        }
        while let Some(effect) = ahead.as_ref().filter(|effect| effect.cause <= seq) {
            match &effect.entry {
                EffectEntry::Effect(Effect::Ruling(ruling)) if ruling.ruling == Ruling::InForce => {
                    lives.entry(ruling.bot).or_default().rolled.push(now);
                }
                EffectEntry::Effect(Effect::Intent(intent))
                    if intent.reason == IntentReason::ContractEnd =>
                {
                    lives.entry(intent.bot).or_default().told_out.push(now);
                }
                _ => {}
            }
            ahead = effects.next().expect("readable");
        }
    }
    let named = lives.into_iter().map(|(bot, life)| (names[&bot].clone(), life));
    let of = |id: InstrumentId| (id, quotes.get(&id).copied().unwrap_or(0));
    (named.collect(), symbols.into_iter().map(|(symbol, id)| (symbol, of(id))).collect())
}

fn at(time: &str) -> UnixNanos {
    UnixNanos::parse_rfc3339(time).expect("a time")
}

#[test]
fn bots_roll_or_go_out_before_their_contract_ends_and_replay_so() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, data) = (dir.path().join("oil.toml"), dir.path().join("soak"));
    std::fs::write(&file, configuration()).expect("written");
    let mut command = Command::new(program!());
    command.args(["soak", "--days", "5", "--rate", "0.3", "--config"]).arg(&file);
    let out = command.arg("--data").arg(&data).output().expect("the program starts");
    let (told, said) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{told}{said}");
    let ended = "ended contracts: 0 quotes and trades, 0 fills after their last trading time; 0 held past \
                 their end; 2 rolls";
    assert!(told.contains(ended), "{told}");
    assert!(told.contains("1 of them expired"), "{told}");

    let journal = data.join("journal");
    let (lives, symbols) = lives(&journal);
    let (old, new) = (symbols["CLZ6"].0, symbols["CLF7"].0);
    assert!(symbols["CLG7"].1 > 0, "the one behind is followed in the same session");
    let leaves = at("2026-11-16T22:00:00Z");
    for name in ["rolls", "rolls-on-paper"] {
        let life = &lives[name];
        let [rolled] = life.rolled[..] else { panic!("{name}: {life:?}") };
        assert!(rolled > leaves && rolled < at("2026-11-17T15:00:00Z"), "{name}: {life:?}");
        assert!(life.told_out.iter().all(|told| (leaves..rolled).contains(told)), "{name}");
        let (before, after): (Vec<Fill>, Vec<Fill>) =
            life.fills.iter().partition(|fill| fill.0 < rolled);
        assert!(before.iter().all(|fill| fill.1 == old) && !before.is_empty(), "{name}: {life:?}");
        assert!(after.iter().all(|fill| fill.1 == new) && !after.is_empty(), "{name}: {life:?}");
        assert_eq!(before.last().map(|fill| fill.2), Some(0), "{name}: flat when it rolled");
    }
    // Out by the business day before the last one, and never in again.
    let stays = &lives["stays"];
    assert!(stays.rolled.is_empty() && !stays.told_out.is_empty(), "{stays:?}");
    let &(when, _, held) = stays.fills.last().expect("it traded");
    assert!(held == 0 && when < at("2026-11-19T22:00:00Z"), "{stays:?}");
    assert!(stays.fills.iter().all(|fill| fill.1 == old), "{stays:?}");
    let opens = stays.fills.windows(2).filter(|pair| pair[1].2 > pair[0].2);
    assert!(opens.clone().all(|pair| pair[1].0 < leaves), "{stays:?}");
    let replayed = replay::replay(&journal, |_| {}).unwrap_or_else(|error| panic!("{error}"));
    assert!(replayed.equal && replayed.effects > 0);
}
