//! A broker's list of all its orders: each line is taken as the status of its order, and orders of ours
//! that are on no line are asked about one by one. Risk keeps count of the lines and says when all came.

use super::{FromOrders, OrderManager};
use gauntlet_engine::message::Arrival;
use gauntlet_model::effect::{Effect, Enquired, Enquiry, EnquiryEnded, EnquiryOutcome};
use gauntlet_model::input::{BrokerOrder, Route};
use gauntlet_model::order::Order;

impl OrderManager {
    /// A line about an order of ours. Those of nobody are risk's matter.
    pub(super) fn on_broker_order(
        &mut self,
        line: &BrokerOrder,
        arrival: &Arrival,
        out: &mut impl FnMut(FromOrders),
    ) {
        if line.cl_ord_id.is_some() && line.enquiry > 0 {
            let arrival = Arrival { fresh: true, owned: true, ..*arrival };
            self.on_execution(&line.status(Enquiry::seq_of(line.enquiry)), &arrival, out);
        }
    }

    /// Questions about everything are counted as long as they wait.
    pub(super) fn on_effect(&mut self, effect: &Effect, out: &mut impl FnMut(FromOrders)) {
        match effect {
            Effect::Enquiry(Enquiry { route, .. }) => self.enquiries[*route] += 1,
            Effect::EnquiryEnded(EnquiryEnded { route, id, what, outcome, .. }) => {
                self.enquiries[*route] = self.enquiries[*route].saturating_sub(1);
                let is_whole = matches!(outcome, EnquiryOutcome::Agrees | EnquiryOutcome::Differs);
                if *what == Enquired::Orders && is_whole {
                    self.ask_about_untold(*route, Enquiry::seq_of(*id), out);
                }
            }
            _ => {}
        }
    }

    fn ask_about_untold(&mut self, route: Route, question: u64, out: &mut impl FnMut(FromOrders)) {
        self.for_each_live(|orders, slot| {
            let order = orders.table.order(slot);
            if order.route() == route && order.is_untold(question) {
                orders.update(slot, None, out, Order::on_enquiry);
            }
        });
        self.ask_all_due(out);
    }
}
