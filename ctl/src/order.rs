//! `ctl order` and `ctl positions close`: what a person asks of orders and positions. What will be sent is
//! shown, and sent once that is confirmed.

use crate::args::{ActorArgs, name, reason, timestamp};
use crate::command::{command, kept};
use crate::complete;
use crate::correct::{SideArg, order_named, price};
use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand, ValueEnum};
use gauntlet_model::effect::{OrderType, TimeInForce};
use gauntlet_model::ids::ClOrdId;
use gauntlet_model::input::TicketKind;
use gauntlet_model::units::{Price, UnixNanos};
use gauntlet_readmodel::command_wire::{AskedTicket, Target, Verb};
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

/// Who asks, why, and whether it is confirmed already.
#[derive(Debug, Args)]
pub struct AskedArgs {
    /// Why, for the journal.
    #[arg(long, value_parser = reason)]
    reason: String,
    /// Who asks.
    #[command(flatten)]
    actor: ActorArgs,
    /// Send it without asking: for programs.
    #[arg(long)]
    yes: bool,
}

/// How an order is priced.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TypeArg {
    /// At whatever price there is.
    Market,
    /// At --price or better.
    Limit,
    /// At the market once --stop is met.
    Stop,
    /// At --price or better once --stop is met.
    StopLimit,
    /// At the best price; the rest as a limit there.
    MarketToLimit,
}

impl TypeArg {
    fn order_type(self) -> OrderType {
        match self {
            TypeArg::Market => OrderType::Market,
            TypeArg::Limit => OrderType::Limit,
            TypeArg::Stop => OrderType::Stop,
            TypeArg::StopLimit => OrderType::StopLimit,
            TypeArg::MarketToLimit => OrderType::MarketToLimit,
        }
    }
}

/// How long an order lives.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LifeArg {
    /// Until its session ends.
    Day,
    /// Until it is cancelled, over sessions and restarts.
    Gtc,
    /// At once, the rest cancelled.
    Ioc,
    /// At once and whole, or not at all.
    Fok,
    /// Until --until.
    Gtd,
}

impl LifeArg {
    fn time_in_force(self) -> TimeInForce {
        match self {
            LifeArg::Day => TimeInForce::Day,
            LifeArg::Gtc => TimeInForce::GoodTillCancel,
            LifeArg::Ioc => TimeInForce::ImmediateOrCancel,
            LifeArg::Fok => TimeInForce::FillOrKill,
            LifeArg::Gtd => TimeInForce::GoodTillDate,
        }
    }
}

/// A new order.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// For which account, at its broker.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    account: String,
    /// In what.
    #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
    symbol: String,
    /// Buy or sell.
    #[arg(long)]
    side: SideArg,
    /// Contracts.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    qty: u32,
    /// How it is priced.
    #[arg(long = "type", default_value = "limit")]
    order_type: TypeArg,
    /// Limit price, of a limit and a stop-limit order.
    #[arg(long, value_parser = price, allow_hyphen_values = true)]
    price: Option<Price>,
    /// Stop price, of a stop and a stop-limit order.
    #[arg(long, value_parser = price, allow_hyphen_values = true)]
    stop: Option<Price>,
    /// Where a stop order rests at the broker for what is held there by hand, once this order fills.
    #[arg(long, value_name = "PRICE", value_parser = price, allow_hyphen_values = true)]
    stop_loss: Option<Price>,
    /// Where what the desk holds once it fills is given back with a profit. We hold it: when the market is there
    /// the stop is withdrawn first and then all is closed, so that never both fill.
    #[arg(long, value_name = "PRICE", value_parser = price, allow_hyphen_values = true)]
    take_profit: Option<Price>,
    /// The target rests at the broker as a limit order for the day, beside the stop: what one of them fills is taken
    /// off the other here (OCO). While the node is down nobody does that.
    #[arg(long, requires = "take_profit")]
    oco: bool,
    /// The parent order whose child it is, by the identity that `ctl orders` shows.
    #[arg(long, value_name = "ORDER", value_parser = order_named)]
    parent: Option<ClOrdId>,
    /// How long it lives.
    #[arg(long, default_value = "day")]
    tif: LifeArg,
    /// Until when, of a gtd order, in RFC 3339.
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    until: Option<UnixNanos>,
    /// Who and why.
    #[command(flatten)]
    asked: AskedArgs,
}

/// A parent order.
#[derive(Debug, Args)]
pub struct ParentArgs {
    /// For which account, at its broker.
    #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts())]
    account: String,
    /// In what.
    #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols())]
    symbol: String,
    /// Buy or sell.
    #[arg(long)]
    side: SideArg,
    /// Contracts: its children never fill more together.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    qty: u32,
    /// Until when, in RFC 3339; until its session ends if it is not said.
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    until: Option<UnixNanos>,
    /// Who and why.
    #[command(flatten)]
    asked: AskedArgs,
}

/// `ctl order`.
#[derive(Debug, Subcommand)]
pub enum OrderCommand {
    /// Place an order for an account, through the checks that a bot's orders go through.
    New(NewArgs),
    /// Open a parent order: nothing of it is sent, and orders with its `--parent` work it off. Together they never
    /// ask for more than its quantity. Its end, by `ctl order cancel` or by time, cancels those that work.
    Parent(ParentArgs),
    /// Cancel a working order: a person's, or one by which a bot opens, which then wants it no more.
    Cancel {
        /// Which, by the identity that `ctl orders` shows.
        #[arg(value_parser = order_named)]
        order: ClOrdId,
        /// Who and why.
        #[command(flatten)]
        asked: AskedArgs,
    },
    /// Change a person's working order; what is not given stays.
    Replace {
        /// Which, by the identity that `ctl orders` shows.
        #[arg(value_parser = order_named)]
        order: ClOrdId,
        /// Contracts of the whole order, filled ones among them.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        qty: Option<u32>,
        /// Limit price.
        #[arg(long, value_parser = price, allow_hyphen_values = true)]
        price: Option<Price>,
        /// Stop price.
        #[arg(long, value_parser = price, allow_hyphen_values = true)]
        stop: Option<Price>,
        /// Who and why.
        #[command(flatten)]
        asked: AskedArgs,
    },
}

/// `ctl positions`.
#[derive(Debug, Subcommand)]
pub enum PositionsCommand {
    /// Close what a bot holds, or what everybody holds for an account in an instrument, at once. A bot is
    /// free to open again: kill it first if it must not.
    Close {
        /// The bot.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::bots(),
              conflicts_with_all = ["account", "symbol"], required_unless_present = "account")]
        bot: Option<String>,
        /// The account.
        #[arg(long, value_name = "NAME", value_parser = name, add = complete::accounts(), requires = "symbol")]
        account: Option<String>,
        /// The instrument.
        #[arg(long, value_name = "SYMBOL", value_parser = name, add = complete::symbols(), requires = "account")]
        symbol: Option<String>,
        /// Who and why.
        #[command(flatten)]
        asked: AskedArgs,
    },
}

/// Asks for an order, or the change or end of one.
pub fn run(asked: &OrderCommand, data: &Path, out: &mut Output) -> Result<(), Failure> {
    match asked {
        OrderCommand::New(args) => {
            let NewArgs { account, asked, .. } = args;
            let ticket = ticket_of(args);
            let words = format!("{} for {account}", in_words(&ticket));
            send(ticket, Target::Account(account), asked, &words, data, out)
        }
        OrderCommand::Parent(args) => {
            let ParentArgs { account, symbol, side, qty, until, asked } = args;
            let ticket = AskedTicket {
                symbol: kept("symbol", symbol),
                side: side.side(),
                qty: *qty,
                expires: until.unwrap_or(UnixNanos(0)),
                ..AskedTicket::of(TicketKind::Parent)
            };
            let way = if ticket.side.sign() > 0 { "buy" } else { "sell" };
            let words = format!("a parent order to {way} {qty} {symbol} for {account}");
            send(ticket, Target::Account(account), asked, &words, data, out)
        }
        OrderCommand::Cancel { order, asked } => {
            let ticket = AskedTicket { order: *order, ..AskedTicket::of(TicketKind::Cancel) };
            send(ticket, Target::Platform, asked, &format!("cancel order {order}"), data, out)
        }
        OrderCommand::Replace { order, qty, price, stop, asked } => {
            if qty.is_none() && price.is_none() && stop.is_none() {
                return Err(Failure::Usage(
                    "say what changes: --qty, --price or --stop".to_owned(),
                ));
            }
            let ticket = AskedTicket {
                order: *order,
                qty: qty.unwrap_or(0),
                price: price.unwrap_or(Price::NONE),
                stop_px: stop.unwrap_or(Price::NONE),
                ..AskedTicket::of(TicketKind::Replace)
            };
            let part = |what: &str, value: Option<String>| {
                value.map_or_else(String::new, |value| format!(", {what} {value}"))
            };
            let words = format!(
                "replace order {order}{}{}{}",
                part("quantity", qty.map(|qty| qty.to_string())),
                part("price", price.map(|price| price.to_string())),
                part("stop", stop.map(|stop| stop.to_string())),
            );
            send(ticket, Target::Platform, asked, &words, data, out)
        }
    }
}

/// Closes positions.
pub fn close(asked: &PositionsCommand, data: &Path, out: &mut Output) -> Result<(), Failure> {
    let PositionsCommand::Close { bot, account, symbol, asked } = asked;
    let ticket = AskedTicket::of(TicketKind::Close);
    match (bot, account, symbol) {
        (Some(bot), _, _) => {
            let words = format!("close what bot {bot} holds, at once");
            send(ticket, Target::Bot(bot), asked, &words, data, out)
        }
        (None, Some(account), Some(symbol)) => {
            let words = format!("close all that is held for {account} in {symbol}, at once");
            let ticket = AskedTicket { symbol: kept("symbol", symbol), ..ticket };
            send(ticket, Target::Account(account), asked, &words, data, out)
        }
        _ => Err(Failure::Usage("name --bot, or --account and --symbol".to_owned())),
    }
}

fn ticket_of(args: &NewArgs) -> AskedTicket {
    AskedTicket {
        symbol: kept("symbol", &args.symbol),
        side: args.side.side(),
        qty: args.qty,
        order_type: args.order_type.order_type(),
        price: args.price.unwrap_or(Price::NONE),
        stop_px: args.stop.unwrap_or(Price::NONE),
        time_in_force: args.tif.time_in_force(),
        expires: args.until.unwrap_or(UnixNanos(0)),
        stop_loss: args.stop_loss.unwrap_or(Price::NONE),
        take_profit: args.take_profit.unwrap_or(Price::NONE),
        target_rests: args.oco,
        parent: args.parent.unwrap_or(ClOrdId::NONE),
        ..AskedTicket::of(TicketKind::New)
    }
}

/// A new order in words: what will be sent.
fn in_words(ticket: &AskedTicket) -> String {
    let AskedTicket { symbol, side, qty, order_type, price, stop_px, time_in_force, .. } = ticket;
    let at = |what: &str, price: Price| match price.is_some() {
        true => format!(" {what} {price}"),
        false => String::new(),
    };
    let until = match ticket.expires {
        UnixNanos(0) => String::new(),
        until => format!(" until {until}"),
    };
    format!(
        "{} {qty} {symbol} {}{}{} {}{until}{}",
        if side.sign() > 0 { "buy" } else { "sell" },
        order_type.name(),
        at("@", *price),
        at("stop", *stop_px),
        time_in_force.name(),
        at(", then a stop to protect it at", ticket.stop_loss),
    )
}

fn send(
    ticket: AskedTicket,
    target: Target<'_>,
    asked: &AskedArgs,
    words: &str,
    data: &Path,
    out: &mut Output,
) -> Result<(), Failure> {
    if !asked.yes {
        confirm(words)?;
    }
    command(Verb::Ticket(ticket), target, &asked.actor.name(), &asked.reason, data, out)
}

/// Asks the person at the terminal. Nobody else can confirm: programs say --yes.
fn confirm(words: &str) -> Result<(), Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::Usage(format!("{words}: nobody is asked here; say --yes to send it")));
    }
    let failed = |error: std::io::Error| Failure::Failed(format!("cannot ask: {error}"));
    eprint!("{words}\nsend it? [y/N] ");
    std::io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    input.lock().read_line(&mut answer).map_err(failed)?;
    match is_yes(&answer) {
        true => Ok(()),
        false => Err(Failure::Failed("not confirmed: nothing was sent".to_owned())),
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_model::text::Text;
    use gauntlet_model::units::Side;

    #[test]
    fn only_a_clear_yes_confirms() {
        for yes in ["y\n", "Y", " yes \n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n", "no", "ye", "yes please", "1"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }

    #[test]
    fn what_will_be_sent_is_said_whole() {
        let ticket = AskedTicket {
            symbol: Text::new("ESZ6"),
            side: Side::Sell,
            qty: 2,
            order_type: OrderType::StopLimit,
            price: Price(6_640_000_000_000),
            stop_px: Price(6_641_250_000_000),
            time_in_force: TimeInForce::GoodTillCancel,
            ..AskedTicket::of(TicketKind::New)
        };
        assert_eq!(in_words(&ticket), "sell 2 ESZ6 stop-limit @ 6640 stop 6641.25 gtc");
    }
}
