use super::*;
use gauntlet_model::effect::{OutboundKind, RejectCode};
use gauntlet_model::input::Route;
use gauntlet_testkit::morning::{self, Morning};

fn journal() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

#[test]
fn a_journal_of_this_build_replays_equal_to_the_byte() {
    let morning = Morning::whole();
    let dir = journal();
    morning.write(dir.path());
    let mut told = 0;
    let report = replay(dir.path(), |inputs| told = inputs).expect("equal");
    assert!(report.equal);
    assert_eq!(report.inputs, morning.steps.len() as u64);
    assert_eq!(report.effects, morning.effects() as u64);
    assert_eq!((report.missing, report.ahead, report.lost_inputs), (0, 0, 0));
    assert!(report.messages_sent > 0);
    assert_eq!(told, report.inputs);

    let again = journal();
    morning.write(again.path());
    let hash = replay(again.path(), |_| {}).expect("equal").effects_hash;
    assert_eq!((hash.len(), &hash), (64, &report.effects_hash));
}

/// The first step with an order among its effects, and where.
fn first_order(morning: &Morning) -> (usize, usize) {
    let is_order =
        |effect: &Effect| matches!(effect, Effect::Outbound(m) if m.kind == OutboundKind::New);
    let step = morning.steps.iter().position(|step| step.effects.iter().any(is_order));
    let step = step.expect("the morning trades");
    (step, morning.steps[step].effects.iter().position(is_order).expect("found above"))
}

#[test]
fn the_first_difference_is_told_with_its_input_and_both_effects() {
    let mut morning = Morning::whole();
    let (step, place) = first_order(&morning);
    if let Effect::Outbound(message) = &mut morning.steps[step].effects[place] {
        message.qty = 77;
    }
    let dir = journal();
    morning.write(dir.path());
    let error = replay(dir.path(), |_| {}).expect_err("different");
    let ReplayError::Different(difference) = &error else { panic!("{error}") };
    let seq = morning.steps[step].sequenced.seq;
    assert_eq!(difference.at, (seq, place as u32));
    assert_eq!(difference.input.map(|input| input.seq), Some(seq));
    let text = error.to_string();
    let recorded = text.lines().find(|line| line.contains("recorded")).expect("told");
    let computed = text.lines().find(|line| line.contains("computed")).expect("told");
    assert!(recorded.contains("qty: 77") && computed.contains("qty: 2"), "{text}");
}

#[test]
fn an_effect_that_is_not_computed_and_one_that_is_not_recorded_are_differences() {
    let morning = Morning::whole();
    let (step, place) = first_order(&morning);
    let mut more = morning.steps.clone();
    let extra = more[step].effects[place];
    more[step].effects.push(extra);
    let dir = journal();
    morning::write(dir.path(), &more);
    let error = replay(dir.path(), |_| {}).expect_err("different").to_string();
    assert!(error.contains("computed"), "{error}");

    let mut fewer = morning.steps;
    fewer[step].effects.pop();
    let dir = journal();
    morning::write(dir.path(), &fewer);
    let error = replay(dir.path(), |_| {}).expect_err("different").to_string();
    assert!(error.contains("recorded nothing"), "{error}");
}

#[test]
fn effects_missing_at_the_end_are_handed_over_to_complete_the_journal() {
    let morning = Morning::whole();
    let (step, _) = first_order(&morning);
    let cut = &morning.steps[..=step];
    let all = cut[step].effects.len();
    assert!(all >= 2, "several effects must be missing to prove anything");
    for kept in 0..all {
        let dir = journal();
        morning::write(dir.path(), &cut[..step]);
        let mut journal = morning::open(dir.path());
        journal.inputs.append_input(&cut[step].sequenced).expect("fits");
        let last = morning::Step { sent: vec![], ..cut[step].clone() };
        morning::append_effects(&mut journal, &last, kept);
        let report = replay(dir.path(), |_| {}).expect("a prefix is no difference");
        assert_eq!(report.missing, (all - kept) as u64);

        let rebuilt = rebuild(
            dir.path(),
            |_| {},
            |m| {
                let appended = journal.effects.append_effect(m.cause, m.index, m.time, m.effect);
                appended.expect("the effect follows");
            },
        );
        let rebuilt = rebuilt.expect("appending while reading is no difference");
        assert_eq!(rebuilt.last_seq, cut[step].sequenced.seq);
        assert_eq!(replay(dir.path(), |_| {}).expect("equal").missing, 0);
    }
}

#[test]
fn effects_ahead_of_the_inputs_read_are_counted_but_not_compared() {
    let morning = Morning::whole();
    let (step, _) = first_order(&morning);
    let dir = journal();
    morning::write(dir.path(), &morning.steps[..step]);
    let mut journal = morning::open(dir.path());
    let next = &morning.steps[step];
    morning::append_effects(&mut journal, next, next.effects.len());
    let report = replay(dir.path(), |_| {}).expect("not a difference");
    assert_eq!(report.ahead, next.effects.len() as u64);
}

#[test]
fn a_rebuilt_chain_goes_on_as_if_it_had_never_ended() {
    let morning = Morning::whole();
    let (step, _) = first_order(&morning);
    let half = step + 2;
    let dir = journal();
    morning::write(dir.path(), &morning.steps[..half]);
    let Rebuilt { mut chain, .. } = rebuild(dir.path(), |_| {}, |_| panic!("nothing is missing"))
        .expect("the journal is this build's");
    for step in &morning.steps[half..] {
        let mut effects = Vec::new();
        chain.on_input(&step.sequenced, 0, &mut NoProbe, &mut |message| {
            if let FromOrders::Effect(effect) = message {
                effects.push(effect);
            }
        });
        assert_eq!(effects, step.effects);
    }
}

#[test]
fn a_rebuild_knows_the_definitions_the_run_and_the_sessions_next_numbers() {
    let morning = Morning::whole();
    let dir = journal();
    morning.write(dir.path());
    let rebuilt = rebuild(dir.path(), |_| {}, |_| {}).expect("equal");
    let broker = |sent: &&MessageSent| sent.route == Route::BROKER;
    let sent = morning.steps.iter().flat_map(|step| &step.sent).rfind(broker);
    assert_eq!(
        rebuilt.sessions.of(Route::BROKER).next_out,
        sent.expect("orders left").msg_seq_num + 1
    );
    let heard = morning.steps.iter().filter_map(|step| match step.sequenced.input {
        Input::Execution(report) if report.route == Route::BROKER => Some(report.msg_seq_num),
        _ => None,
    });
    assert_eq!(rebuilt.sessions.of(Route::BROKER).next_in, heard.max().expect("answers came") + 1);
    assert_eq!(rebuilt.bots.len(), 2);
    assert_eq!(rebuilt.bots[0].name.as_str(), "es-orb");
    assert_eq!(rebuilt.instruments[0].symbol.as_str(), "ESH4");
    assert_eq!(rebuilt.accounts[0].name.as_str(), "DEMO");
    assert_eq!(rebuilt.last_run.map(|run| run.run), Some(1));
    assert_eq!(rebuilt.chain.risk().counters().rejects[RejectCode::SelfTestFailed as usize], 0);
}

#[test]
fn a_directory_without_a_journal_says_so() {
    let error = replay(journal().path(), |_| {}).expect_err("no journal").to_string();
    assert!(error.contains("not a journal"), "{error}");
}
