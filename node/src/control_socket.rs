//! The control socket: operators' commands and the opinions of other programs, read by the hot thread
//! itself.

use crate::data_folder::SOCKET_DRAFT;
use gauntlet_journal::private;
use gauntlet_model::ids::AccountId;
use gauntlet_model::input::{
    Adoption, Command, CommandKind, Correction, ExternalSignal, Input, LimitChange, LimitKind,
    NumbersSet, OrderKill, Route, Scope, Ticket, TicketKind,
};
use gauntlet_model::text::Text;
use gauntlet_readmodel::command_wire::{
    AskedAdoption, AskedCorrection, AskedLimit, AskedNumbers, AskedTicket, Opinion, REQUEST_MAX,
    ReplyBuffer, Request, Target, Verb,
};
use std::io::{self, ErrorKind};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::{Path, PathBuf};

/// A Unix datagram socket that only the owner of the data directory may write to.
#[derive(Debug)]
pub struct ControlSocket {
    socket: UnixDatagram,
    path: PathBuf,
    buffer: [u8; REQUEST_MAX + 1],
}

/// A command, or an opinion, that waits for its reply.
#[derive(Debug)]
pub struct PendingCommand {
    /// The command or opinion.
    pub input: Input,
    /// Further scopes that its name means, each to be commanded likewise.
    pub more: Vec<Scope>,
    /// The user whom it is about, where it names one.
    pub user: Option<Text<32>>,
    id: u64,
    from: SocketAddr,
}

/// What a look at the socket found.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation on the hot thread")]
pub enum Polled {
    /// Nobody asks.
    Nothing,
    /// Somebody asked and has the answer.
    Answered,
    /// A command for the core.
    PendingCommand(PendingCommand),
}

impl ControlSocket {
    /// Opens the socket at `path`, in place of one that a dead process left behind. It is made in a
    /// closed folder and then moved, so that at no time anybody else may write to it.
    ///
    /// # Errors
    /// What the system says. The journal's lock, taken before, proves that no live process owns it.
    pub fn bind(path: &Path) -> io::Result<ControlSocket> {
        let draft = path.with_file_name(SOCKET_DRAFT);
        match std::fs::remove_dir_all(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        private::create_dir(&draft)?;
        let made = draft.join("s");
        let socket = UnixDatagram::bind(&made)?;
        private::restrict(&made, private::FILE_MODE)?;
        std::fs::rename(&made, path)?;
        std::fs::remove_dir(&draft)?;
        socket.set_nonblocking(true)?;
        Ok(ControlSocket { socket, path: path.to_owned(), buffer: [0; REQUEST_MAX + 1] })
    }

    /// Reads one request. A command is handed on; a ping is answered and what cannot be a command is
    /// refused at once. `resolve` turns a name into scopes of the core, `route_of` an account into the route
    /// to its broker.
    pub fn poll(
        &mut self,
        resolve: impl Fn(Target<'_>) -> Vec<Scope>,
        route_of: impl Fn(AccountId) -> Route,
    ) -> Polled {
        let Ok((len, from)) = self.socket.recv_from(&mut self.buffer) else {
            return Polled::Nothing;
        };
        let reply = match Request::parse(&self.buffer[..len]) {
            Err((id, why)) => ReplyBuffer::refused(id, format_args!("{why}")),
            Ok(request) => match input_of(&request, &resolve, &route_of) {
                Ok(None) => ReplyBuffer::ok(request.id, 0, 0),
                Ok(Some((input, more))) => {
                    let (id, user) = (request.id, user_of(request.target));
                    return Polled::PendingCommand(PendingCommand { input, more, user, id, from });
                }
                Err(why) => ReplyBuffer::refused(request.id, format_args!("{why}")),
            },
        };
        self.reply(&from, &reply);
        Polled::Answered
    }

    /// Tells the asker that the command went through the chain.
    pub fn done(&self, asked: &PendingCommand, seq: u64, orders: u32) {
        self.reply(&asked.from, &ReplyBuffer::ok(asked.id, seq, orders));
    }

    /// Tells the asker that the core refused the command.
    pub fn refused(&self, asked: &PendingCommand, why: &str) {
        self.reply(&asked.from, &ReplyBuffer::refused(asked.id, format_args!("{why}")));
    }

    fn reply(&self, to: &SocketAddr, reply: &ReplyBuffer) {
        // Whoever asked and went away gets no reply; the journal has the answer.
        let _gone = self.socket.send_to_addr(reply.as_bytes(), to);
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A socket left behind is replaced at the next start.
        let _left = std::fs::remove_file(&self.path);
    }
}

fn user_of(target: Target<'_>) -> Option<Text<32>> {
    match target {
        Target::User(name) => Some(Text::new(name)),
        _ => None,
    }
}

fn input_of(
    request: &Request<'_>,
    resolve: impl Fn(Target<'_>) -> Vec<Scope>,
    route_of: impl Fn(AccountId) -> Route,
) -> Result<Option<(Input, Vec<Scope>)>, &'static str> {
    let kind = match request.verb {
        Verb::Ping => return Ok(None),
        Verb::Kill { flatten } => CommandKind::Kill { flatten },
        Verb::Freeze => CommandKind::Freeze,
        Verb::Unkill => CommandKind::Unkill,
        Verb::ResetBreaker => CommandKind::ResetBreaker,
        Verb::AcceptConfiguration => CommandKind::AcceptConfiguration,
        Verb::Correct(asked) => {
            let input = correction_of(request, &asked, resolve)?;
            return Ok(Some((input, Vec::new())));
        }
        Verb::Ticket(asked) => {
            let input = ticket_of(request, &asked, resolve, route_of)?;
            return Ok(Some((input, Vec::new())));
        }
        Verb::Adopt(asked) => {
            let input = adoption_of(request, &asked, resolve, route_of)?;
            return Ok(Some((input, Vec::new())));
        }
        Verb::Numbers(asked) => {
            return Ok(Some((numbers_of(request, &asked, resolve)?, Vec::new())));
        }
        Verb::Limit(asked) => {
            let AskedLimit { step, limit, value, seconds } = asked;
            let named = resolve(request.target);
            // Of a product it is the same by whichever of its contracts it is named.
            let of_product = limit == LimitKind::PositionPercent;
            let named = if of_product { &named[..named.len().min(1)] } else { &named[..] };
            let scope = the_one(named)?;
            let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
            let change = LimitChange { step, scope, limit, value, seconds, actor, reason };
            return Ok(Some((Input::LimitChange(change), Vec::new())));
        }
        Verb::Signal(opinion) => {
            let scope = the_one(&resolve(request.target))?;
            return Ok(Some((signal_of(&opinion, scope)?, Vec::new())));
        }
    };
    if request.actor.is_empty() {
        return Err("an actor is needed: say who asks");
    }
    if let Target::Order(order) = request.target {
        if request.verb != (Verb::Kill { flatten: false }) {
            return Err("an order can be killed, and nothing else");
        }
        let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
        return Ok(Some((Input::OrderKill(OrderKill { order, actor, reason }), Vec::new())));
    }
    if request.reason.is_empty() && !matches!(request.verb, Verb::Kill { .. } | Verb::Freeze) {
        return Err("a reason is needed");
    }
    let mut more = resolve(request.target);
    if more.is_empty() {
        return Err("no account, bot, instrument, venue or owner of that name");
    }
    let scope = more.remove(0);
    let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
    Ok(Some((Input::Command(Command { kind, scope, actor, reason }), more)))
}

fn numbers_of(
    request: &Request<'_>,
    asked: &AskedNumbers,
    resolve: impl Fn(Target<'_>) -> Vec<Scope>,
) -> Result<Input, &'static str> {
    if request.actor.is_empty() || request.reason.is_empty() {
        return Err("an actor and a reason are needed");
    }
    let Scope::Route(route) = the_one(&resolve(request.target))? else {
        return Err("name a broker: its session has the numbers");
    };
    if !route.is_broker() {
        return Err("a simulator has no session");
    }
    let AskedNumbers { of_copy, next_out, next_in } = *asked;
    let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
    Ok(Input::NumbersSet(NumbersSet { route, of_copy, next_out, next_in, actor, reason }))
}

fn correction_of(
    request: &Request<'_>,
    asked: &AskedCorrection,
    resolve: impl Fn(Target<'_>) -> Vec<Scope>,
) -> Result<Input, &'static str> {
    if request.actor.is_empty() || request.reason.is_empty() {
        return Err("an actor and a reason are needed");
    }
    let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
    let mut correction = Correction::by_person(asked.kind, actor, reason);
    match the_one(&resolve(request.target))? {
        Scope::Bot(bot) => correction.bot = Some(bot),
        Scope::Account(account) => correction.account = Some(account),
        Scope::Platform => {}
        Scope::Instrument(_) | Scope::Route(_) => {
            return Err("name a bot, or an account and a symbol");
        }
    }
    if !asked.symbol.is_empty() {
        let symbol = the_one(&resolve(Target::Instrument(asked.symbol.as_str())))?;
        if let Scope::Instrument(instrument) = symbol {
            correction.instrument = Some(instrument);
        }
    }
    let AskedCorrection { order, side, qty, price, target, exec_id, approver, .. } = *asked;
    Ok(Input::Correction(Correction {
        order,
        side,
        qty,
        price,
        target,
        exec_id,
        approver,
        ..correction
    }))
}

fn ticket_of(
    request: &Request<'_>,
    asked: &AskedTicket,
    resolve: impl Fn(Target<'_>) -> Vec<Scope>,
    route_of: impl Fn(AccountId) -> Route,
) -> Result<Input, &'static str> {
    if request.actor.is_empty() || request.reason.is_empty() {
        return Err("an actor and a reason are needed");
    }
    let (actor, reason) = (Text::new(request.actor), Text::new(request.reason));
    let mut ticket = Ticket::of(asked.kind, actor, reason);
    match the_one(&resolve(request.target))? {
        Scope::Bot(bot) => ticket.bot = Some(bot),
        Scope::Account(account) => {
            (ticket.account, ticket.route) = (Some(account), route_of(account));
        }
        Scope::Platform => {}
        Scope::Instrument(_) | Scope::Route(_) => {
            return Err("name a bot, or an account and a symbol");
        }
    }
    if !asked.symbol.is_empty() {
        let symbol = the_one(&resolve(Target::Instrument(asked.symbol.as_str())))?;
        if let Scope::Instrument(instrument) = symbol {
            ticket.instrument = Some(instrument);
        }
    }
    let opens = matches!(asked.kind, TicketKind::New | TicketKind::Parent);
    if opens && (ticket.account.is_none() || ticket.instrument.is_none()) {
        return Err("an order needs an account and a symbol");
    }
    let AskedTicket { side, qty, order_type, price, stop_px, time_in_force, .. } = *asked;
    Ok(Input::Ticket(Ticket {
        side,
        qty,
        order_type,
        price,
        stop_px,
        time_in_force,
        expires: asked.expires,
        order: asked.order,
        stop_loss: asked.stop_loss,
        take_profit: asked.take_profit,
        target_rests: asked.target_rests,
        parent: asked.parent,
        ..ticket
    }))
}

fn adoption_of(
    request: &Request<'_>,
    asked: &AskedAdoption,
    resolve: impl Fn(Target<'_>) -> Vec<Scope>,
    route_of: impl Fn(AccountId) -> Route,
) -> Result<Input, &'static str> {
    if request.actor.is_empty() || request.reason.is_empty() {
        return Err("an actor and a reason are needed");
    }
    let symbol = the_one(&resolve(Target::Instrument(asked.symbol.as_str())))?;
    let (Scope::Account(account), Scope::Instrument(instrument)) =
        (the_one(&resolve(request.target))?, symbol)
    else {
        return Err("name an account and a symbol");
    };
    let bot = match asked.bot.is_empty() {
        true => None,
        false => match the_one(&resolve(Target::Bot(asked.bot.as_str())))? {
            Scope::Bot(bot) => Some(bot).filter(|bot| !bot.is_desk()),
            _ => return Err("no bot of that name"),
        },
    };
    Ok(Input::Adoption(Adoption {
        route: route_of(account),
        order_id: asked.order_id,
        account,
        instrument,
        bot,
        actor: Text::new(request.actor),
        approver: asked.approver,
        reason: Text::new(request.reason),
    }))
}

/// The scope of a name that has to mean one.
fn the_one(scopes: &[Scope]) -> Result<Scope, &'static str> {
    match scopes {
        [] => Err("no account, bot or instrument of that name"),
        [scope] => Ok(*scope),
        _ => Err("several contracts have that name: say which"),
    }
}

fn signal_of(opinion: &Opinion, scope: Scope) -> Result<Input, &'static str> {
    let instrument = match scope {
        Scope::Platform => None,
        Scope::Instrument(instrument) => Some(instrument),
        Scope::Account(_) | Scope::Bot(_) | Scope::Route(_) => {
            return Err("a signal is about an instrument or all");
        }
    };
    Ok(Input::External(ExternalSignal {
        source: opinion.source,
        instrument,
        direction: opinion.direction,
        strength: opinion.strength,
        confidence: opinion.confidence,
        published: opinion.published,
        ttl_seconds: opinion.ttl_seconds,
        id: opinion.name,
        text: opinion.text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::effect::{OrderType, TimeInForce};
    use gauntlet_model::ids::{BotId, InstrumentId};
    use gauntlet_model::units::{Price, Side};

    fn resolve(target: Target<'_>) -> Vec<Scope> {
        match target {
            Target::Platform => vec![Scope::Platform],
            Target::Account("DEMO") => vec![Scope::Account(AccountId(1))],
            Target::Bot("es-orb") => vec![Scope::Bot(BotId(2))],
            Target::Instrument("ESZ6") => vec![Scope::Instrument(InstrumentId(3))],
            Target::Instrument("ES") => {
                vec![Scope::Instrument(InstrumentId(3)), Scope::Instrument(InstrumentId(4))]
            }
            _ => Vec::new(),
        }
    }

    fn read(asked: AskedTicket, target: Target<'_>, actor: &str) -> Result<Ticket, &'static str> {
        let verb = Verb::Ticket(asked);
        let request = Request { id: 1, verb, target, actor, reason: "hedge" };
        let second = |_| Route::broker(1).expect("there can be two");
        match input_of(&request, resolve, second)? {
            Some((Input::Ticket(ticket), more)) if more.is_empty() => Ok(ticket),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_ticket_is_read_with_the_route_of_its_account() {
        let asked = AskedTicket {
            symbol: Text::new("ESZ6"),
            side: Side::Sell,
            qty: 2,
            order_type: OrderType::Stop,
            stop_px: Price(5),
            time_in_force: TimeInForce::GoodTillCancel,
            ..AskedTicket::of(TicketKind::New)
        };
        let ticket = read(asked, Target::Account("DEMO"), "ann").expect("a ticket");
        let whose = (ticket.account, ticket.instrument, ticket.route.number());
        assert_eq!(whose, (Some(AccountId(1)), Some(InstrumentId(3)), 3));
        let what = (ticket.side, ticket.qty, ticket.order_type, ticket.stop_px);
        assert_eq!(what, (Side::Sell, 2, OrderType::Stop, Price(5)));
        assert_eq!((ticket.actor.as_str(), ticket.reason.as_str()), ("ann", "hedge"));
        let close = read(AskedTicket::of(TicketKind::Close), Target::Bot("es-orb"), "ann");
        assert_eq!(close.expect("a ticket").bot, Some(BotId(2)));
    }

    #[test]
    fn an_adoption_names_an_account_one_contract_and_a_bot_or_the_desk() {
        let read = |symbol, bot, target| {
            let asked = AskedAdoption {
                symbol: Text::new(symbol),
                order_id: Text::new("O-7"),
                bot: Text::new(bot),
                approver: Text::new("bob"),
            };
            let verb = Verb::Adopt(asked);
            let request = Request { id: 1, verb, target, actor: "ann", reason: "by phone" };
            let second = |_| Route::broker(1).expect("there can be two");
            match input_of(&request, resolve, second)? {
                Some((Input::Adoption(adoption), _)) => Ok::<Adoption, &str>(adoption),
                other => panic!("{other:?}"),
            }
        };
        let adoption = read("ESZ6", "", Target::Account("DEMO")).expect("an adoption");
        assert_eq!((adoption.account, adoption.bot), (AccountId(1), None));
        assert_eq!((adoption.instrument, adoption.route.number()), (InstrumentId(3), 3));
        assert_eq!((adoption.order_id.as_str(), adoption.approver.as_str()), ("O-7", "bob"));
        let of_bot = read("ESZ6", "es-orb", Target::Account("DEMO")).expect("an adoption");
        assert_eq!(of_bot.bot, Some(BotId(2)));
        for (symbol, bot, target) in [
            ("ES", "", Target::Account("DEMO")),
            ("NQZ6", "", Target::Account("DEMO")),
            ("ESZ6", "nobody", Target::Account("DEMO")),
            ("ESZ6", "", Target::Account("NOBODY")),
            ("ESZ6", "", Target::Platform),
        ] {
            assert!(read(symbol, bot, target).is_err(), "{symbol} {bot} {target:?}");
        }
    }

    #[test]
    fn a_ticket_for_nobody_in_nothing_or_in_several_things_is_refused() {
        let new = AskedTicket { symbol: Text::new("ESZ6"), ..AskedTicket::of(TicketKind::New) };
        let several = AskedTicket { symbol: Text::new("ES"), ..new };
        let nothing = AskedTicket { symbol: Text::EMPTY, ..new };
        for (asked, target, actor) in [
            (new, Target::Account("DEMO"), ""),
            (new, Target::Account("NOBODY"), "ann"),
            (new, Target::Platform, "ann"),
            (new, Target::Bot("es-orb"), "ann"),
            (nothing, Target::Account("DEMO"), "ann"),
            (several, Target::Account("DEMO"), "ann"),
        ] {
            assert!(read(asked, target, actor).is_err(), "{asked:?} {target:?}");
        }
    }
}
