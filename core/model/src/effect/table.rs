//! The one list of everything that the core does; see [`input::table`](crate::input::table).

/// Hands the list to a macro that is in scope. A line is
/// `/// What it is.` and `number CONSTANT "name" Variant(Type);`
#[macro_export]
macro_rules! effect_table {
    ($then:ident) => {
        $then! {
            /// A bar was finished. Published once, final.
            0x21 BAR "bar" Bar(Bar);
            /// A source has an opinion.
            0x22 SIGNAL "signal" Signal(Signal);
            /// A bot wants a position.
            0x23 INTENT "intent" Intent(Intent);
            /// Risk refused an order.
            0x24 REJECT "reject" Reject(Reject);
            /// An order's state changed.
            0x25 ORDER "order" Order(OrderChanged);
            /// A bot's position or its realised profit changed.
            0x26 POSITION "position" Position(PositionChanged);
            /// A message for a broker; it leaves after this is in the journal.
            0x27 OUTBOUND "outbound" Outbound(OutboundRecord);
            /// A kill was set or lifted.
            0x28 KILL "kill" Kill(KillChanged);
            /// Trading in an instrument was blocked or allowed by the state of its market data.
            0x29 MARKET_BLOCK "market_block" MarketBlock(MarketBlock);
            /// The market as the core sees it, once a second and only when it changed.
            0x2a MARK "mark" Mark(Mark);
            /// Something that a person should know.
            0x2b ALERT "alert" Alert(Alert);
            /// What was odd about an instrument's data so far, once a second and only when it changed.
            0x2c QUALITY "quality" Quality(MarketQuality);
            /// How a bot came to want what it wants, or nothing.
            0x2d DECISION "decision" Decision(Decision);
            /// The prices at which a bot gives its position back changed.
            0x2e EXITS "exits" Exits(ExitLevels);
            /// Nothing leaves under a kill, or exits do again.
            0x30 FREEZE "freeze" Freeze(FreezeChanged);
            /// What an account holds in an instrument came into doubt, or is known again.
            0x34 DOUBT "doubt" Doubt(DoubtChanged);
            /// The platform puts a fill right by a broker's word: it comes back as a correction.
            0x35 BOOKING "booking" Booking(Booking);
            /// A loss of the day went past a limit, or a new day begins.
            0x36 LOSS "loss" Loss(LossChanged);
            /// What is used of the limits, once a minute and only when it changed.
            0x37 RISK_USAGE "risk_usage" Usage(RiskUsage);
            /// A limit was changed by people, or is what it was again.
            0x39 LIMIT "limit" Limit(LimitChanged);
            /// What was ruled about a definition that would move a bot.
            0x38 BOT_RULING "bot_ruling" Ruling(BotRuling);
            /// What an order asks for beyond a limit price, before the message that says so.
            0x44 ORDER_TERMS "order_terms" Terms(OrderTerms);
            /// A desk was opened: whose a person's orders in one place are.
            0x45 DESK "desk" Desk(DeskOpened);
            /// A broker is asked for all its orders or positions; its gateway puts the question.
            0x4c ENQUIRY "enquiry" Enquiry(Enquiry);
            /// Such a question ended: answered, refused, or not answered in time.
            0x4d ENQUIRY_ENDED "enquiry_ended" EnquiryEnded(EnquiryEnded);
            /// Our word and a broker's came to differ in something, or differ no longer.
            0x4e BREAK "break" Break(Break);
            /// Messages were refused in a row: nothing opens in a scope until a person resets its breaker.
            0x50 BREAKER "breaker" Breaker(BreakerChanged);
            /// What was sent and filled today, once a minute and only when it changed.
            0x51 MESSAGE_USAGE "message_usage" Messages(MessageUsage);
            /// What decided a bot's order and who answers for it, before its message.
            0x52 ORDER_IDENTITY "order_identity" Identity(OrderIdentity);
            /// An order that only its broker knew is one of ours: how its broker calls it.
            0x54 ADOPTED "adopted" Adopted(OrderAdopted);
            /// A parent order was opened, or what its children come to has changed.
            0x5b PARENT "parent" Parent(ParentChanged);
        }
    };
}
