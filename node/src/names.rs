//! What an operator's name for a scope means to the core.

use crate::config::Definitions;
use gauntlet_model::desk::DeskPlace;
use gauntlet_model::input::{Input, InstrumentDefinition, Route, Scope};
use gauntlet_model::instrument::Symbol;
use gauntlet_readmodel::command_wire::Target;

/// Any year will do: the exchange's symbol, by which contracts are compared, has one digit of it.
const ANY_YEAR: u16 = 2026;

/// The scopes that a name means, in the order of their table: none when nobody has it. A symbol is read in
/// any spelling that the configuration reads. A product, or a series of its contracts, means every one of
/// them that is traded, since a kill must not miss the one that was meant.
pub fn scopes(names: &Definitions, target: Target<'_>) -> Vec<Scope> {
    match target {
        Target::Platform => vec![Scope::Platform],
        Target::Account(name) => {
            let named = names.accounts.iter().filter(|account| account.name.as_str() == name);
            named.map(|account| Scope::Account(account.account)).collect()
        }
        Target::Bot(name) if name.starts_with(MANUAL) => {
            desk_named(names, name).into_iter().collect()
        }
        Target::Bot(name) => {
            let named = names.bots.iter().filter(|bot| bot.name.as_str() == name);
            named.map(|bot| Scope::Bot(bot.bot)).collect()
        }
        Target::Venue(name) => {
            // A broker may have no bot: people trade there, and its session has numbers all the same.
            let is_used = |route: &Route| {
                names.bots.iter().any(|bot| bot.route() == *route)
                    || names.broker_terms.iter().any(|terms| terms.route == *route)
            };
            let named = |route: &Route| match names.brokers.iter().find(|b| b.route == *route) {
                Some(broker) => broker.name.as_str() == name,
                None => route.name() == name,
            };
            let routes = Route::ALL.into_iter().filter(|route| is_used(route) && named(route));
            routes.map(Scope::Route).collect()
        }
        Target::User(name) => {
            let owned = names.owners.iter().filter(|(owner, _)| owner == name);
            owned.map(|(_, bot)| Scope::Bot(*bot)).collect()
        }
        // An order is no scope.
        Target::Order(_) => Vec::new(),
        Target::Instrument(symbol) => {
            let named = names.instruments.iter().filter(meant_by(symbol));
            named.map(|instrument| Scope::Instrument(instrument.instrument)).collect()
        }
    }
}

/// Whether an input is about the session of a drop copy that there is not.
pub fn lacks_copy(names: &Definitions, input: &Input) -> bool {
    match input {
        Input::NumbersSet(set) if set.of_copy => {
            names.copy_terms.iter().all(|terms| terms.route != set.route)
        }
        _ => false,
    }
}

/// What begins the name of a desk.
const MANUAL: &str = "manual:";

/// The desk of `manual:ACCOUNT/SYMBOL`, as views name it.
fn desk_named(names: &Definitions, name: &str) -> Option<Scope> {
    let (account, symbol) = name.strip_prefix(MANUAL)?.split_once('/')?;
    let account = names.accounts.iter().find(|known| known.name.as_str() == account)?.account;
    let instrument = names.instruments.iter().find(meant_by(symbol))?.instrument;
    let route = names.route_of_account(account);
    names.desks.find(DeskPlace { account, instrument, route }).map(Scope::Bot)
}

fn meant_by(text: &str) -> impl Fn(&&InstrumentDefinition) -> bool {
    let symbol = Symbol::parse(text, ANY_YEAR).ok();
    let contract = match symbol {
        Some(Symbol::Contract(contract)) => Some(contract.symbol()),
        _ => None,
    };
    move |instrument| match (&symbol, &contract) {
        (_, Some(contract)) => instrument.symbol.as_str() == contract,
        (Some(symbol), None) => instrument.product.as_str() == symbol.product().code,
        (None, None) => instrument.symbol.as_str() == text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, DEMO_OF_CONTRACTS, StageCaps};
    use gauntlet_model::ids::{BotId, InstrumentId};
    use gauntlet_model::input::{BrokerDefinition, Ticket, TicketKind};
    use gauntlet_model::order::Capabilities;
    use gauntlet_model::text::Text;

    fn demo() -> Definitions {
        let config = Config::parse(&DEMO_OF_CONTRACTS, "demo").expect("valid");
        let caps = StageCaps::read(|_| None).expect("defaults");
        config.definitions(&caps, &Definitions::default()).expect("fits")
    }

    #[test]
    fn a_venue_is_known_by_its_brokers_name_and_a_user_by_the_bots_that_are_owned() {
        let mut names = demo();
        let paper = vec![Scope::Route(Route::PAPER)];
        assert_eq!(scopes(&names, Target::Venue("broker")), [Scope::Route(Route::BROKER)]);
        assert_eq!(scopes(&names, Target::Venue("paper")), paper);
        assert_eq!(scopes(&names, Target::Venue("broker2")), [], "nobody trades there");
        names.brokers = vec![BrokerDefinition {
            route: Route::BROKER,
            name: Text::new("first"),
            capabilities: Capabilities::ALL,
        }];
        assert_eq!(scopes(&names, Target::Venue("first")), [Scope::Route(Route::BROKER)]);
        assert_eq!(scopes(&names, Target::Venue("broker")), []);
        names.owners = vec![("ann".to_owned(), BotId(3)), ("bob".to_owned(), BotId(4))];
        assert_eq!(scopes(&names, Target::User("ann")), [Scope::Bot(BotId(3))]);
        assert_eq!(scopes(&names, Target::User("eve")), []);
    }

    #[test]
    fn a_contract_is_known_by_every_spelling_and_a_product_means_all_its_contracts() {
        let mut names = demo();
        let at = names.instruments.iter().position(|i| i.symbol.as_str() == "ESZ6").expect("there");
        let front = names.instruments[at];
        let behind = InstrumentDefinition {
            instrument: InstrumentId(40),
            symbol: gauntlet_model::text::Text::new("ESH7"),
            ..front
        };
        names.instruments.push(behind);
        let of = |text: &str| scopes(&names, Target::Instrument(text));
        let (first, second) =
            (Scope::Instrument(front.instrument), Scope::Instrument(behind.instrument));
        for text in
            ["ESZ6", "ESZ26", "ESZ2026", "/ESZ6", "/ESZ26", "esz6", "CME:ESZ2026", "ESZ26.CME"]
        {
            assert_eq!(of(text), [first], "{text}");
        }
        for text in ["ES", "/ES", "ES.FUT", "ES.c.0", "SP500", "ES=F", "ES1!"] {
            assert_eq!(of(text), [first, second], "{text}");
        }
        for text in ["ESM7", "ZB", "", "nonsense", "XXZ6"] {
            assert_eq!(of(text), [], "{text}");
        }
    }

    #[test]
    fn a_desk_is_known_by_its_account_and_symbol_once_it_is_open() {
        let mut names = demo();
        let named = |names: &Definitions, name| scopes(names, Target::Bot(name));
        assert_eq!(named(&names, "manual:DEMO/ESZ6"), []);
        let the_first = |of: Target<'_>| scopes(&names, of).first().copied();
        let (Some(Scope::Account(account)), Some(Scope::Instrument(instrument))) =
            (the_first(Target::Account("DEMO")), the_first(Target::Instrument("ESZ6")))
        else {
            panic!("the demo has both")
        };
        let ticket = Ticket {
            account: Some(account),
            instrument: Some(instrument),
            ..Ticket::of(TicketKind::New, Text::new("ann"), Text::new("hedge"))
        };
        let (desk, _) = names.desks.open(&ticket).expect("there is one");
        assert_eq!(named(&names, "manual:DEMO/ESZ6"), [Scope::Bot(desk)]);
        assert_eq!(named(&names, "manual:DEMO/ESZ26"), [Scope::Bot(desk)]);
        for wrong in ["manual:DEMO/NQZ6", "manual:DEMO", "manual:/ESZ6", "manual:X/ESZ6", "manual:"]
        {
            assert_eq!(named(&names, wrong), [], "{wrong}");
        }
    }
}
