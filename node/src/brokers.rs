//! The gateways of the configured brokers, each with its session, its drop copy and the logs of their messages.

use crate::config::{BrokerConfig, Config, Definitions, DropCopyConfig};
use crate::error::NodeError;
use crate::message_log::{LogPlan, PIECES_AHEAD};
use crate::outlet::Gateways;
use crate::prepare::Prepared;
use gauntlet_gateways::fix::drop_copy::DropCopy;
use gauntlet_gateways::fix::gateway::{FixGateway, FixGatewayConfig};
use gauntlet_gateways::fix::reach::Reach;
use gauntlet_gateways::fix::session::{Credentials, SessionConfig};
use gauntlet_gateways::fix::transport::Backoff;
use gauntlet_gateways::gateway::Gateway;
use gauntlet_gateways::message_tap::{MessageSource, MessageTap, message_tap};
use gauntlet_model::input::Route;
use gauntlet_readmodel::fix_log;
use gauntlet_readmodel::replay::Rebuilt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

/// What the gateways are made from, and the logs that were made so far.
struct Brokers<'a> {
    rebuilt: &'a Rebuilt,
    epoch: u64,
    data: &'a Path,
    logs: Vec<(LogPlan, MessageSource)>,
}

/// A gateway for each broker of the configuration.
///
/// # Errors
/// What cannot be, in words.
pub fn gateways(config: &Config, prepared: &Prepared, data: &Path) -> Result<Gateways, NodeError> {
    let Prepared { rebuilt, recovery, defined, .. } = prepared;
    Brokers { rebuilt, epoch: recovery.epoch, data, logs: Vec::new() }.gateways(config, defined)
}

impl Brokers<'_> {
    fn gateways(mut self, config: &Config, defined: &Definitions) -> Result<Gateways, NodeError> {
        let mut gateways: Vec<(Route, Box<dyn Gateway + Send>)> = Vec::new();
        let mut copies = Vec::new();
        for broker in &config.brokers {
            let route = defined.route_of(&broker.name).ok_or_else(|| {
                NodeError::Config(format!("broker {:?} has no route in this journal", broker.name))
            })?;
            let gateway = self.fix_gateway(broker, route)?;
            gateways.push((route, Box::new(gateway)));
            if let Some(copy) = &broker.drop_copy {
                copies.push((route, self.drop_copy(broker, copy, route)?));
            }
        }
        let terms = config.paper.terms().map_err(NodeError::Config)?;
        let gateways = Gateways::new(gateways).with_copies(copies).with_paper(terms);
        Ok(gateways.with_logs(self.logs))
    }

    /// Where a session copies its messages to, if they are to be logged.
    fn log(&mut self, broker: &BrokerConfig, route: Route, of_copy: bool) -> Option<MessageTap> {
        let files_max = broker.fix.message_log_files;
        if files_max == 0 {
            return None;
        }
        let (tap, source) = message_tap(PIECES_AHEAD);
        let copied = broker.drop_copy.as_ref().map(|copy| &copy.password);
        let secrets = [Some(&broker.password), copied].into_iter().flatten().cloned();
        let name = if broker.name.is_empty() { route.name() } else { &broker.name };
        let plan = LogPlan {
            session: format!("{name}{}", if of_copy { ":copy" } else { "" }),
            path: fix_log::file_of(self.data, route.name(), of_copy),
            bytes_max: u64::from(broker.fix.message_log_mib) << 20,
            files_max,
            secrets: secrets.filter(|secret| !secret.is_empty()).collect(),
        };
        self.logs.push((plan, source));
        Some(tap)
    }

    fn drop_copy(
        &mut self,
        broker: &BrokerConfig,
        copy: &DropCopyConfig,
        route: Route,
    ) -> Result<DropCopy, NodeError> {
        let password = match copy.password.is_empty() {
            true => &broker.password,
            false => &copy.password,
        };
        let credentials = (!copy.username.is_empty())
            .then(|| Credentials { username: copy.username.clone(), password: password.clone() });
        let copies = &self.rebuilt.copies;
        let session = SessionConfig {
            heartbeat_seconds: copy.heartbeat_seconds,
            credentials,
            next_expected: copy.next_expected_msg_seq_num,
            reset_on_logon: copy.reset_on_logon,
            schedule: broker.fix.schedule().map_err(NodeError::Config)?,
            numbers_of: copies.last_used(route),
            ..SessionConfig::initiator(&copy.sender_comp_id, &copy.target_comp_id)
        };
        let numbers = copies.to_go_on_with(route, self.rebuilt.ended_by_a_stop());
        let reach = broker.copy_reach().map_err(NodeError::Config)?.ok_or_else(|| {
            NodeError::Config(format!("broker {:?} has no drop copy", broker.name))
        })?;
        let reach = Reach { tls: broker.fix.tls().map_err(NodeError::Config)?, ..reach };
        let made = DropCopy::new(FixGatewayConfig {
            route,
            address: reach.fixed().unwrap_or(ELSEWHERE),
            epoch: self.epoch,
            session,
            numbers,
            backoff: Backoff::default(),
        });
        let made = made.map_err(|error| {
            NodeError::Config(format!("the drop copy of broker {:?}: {error}", broker.name))
        })?;
        let made = match beyond_one_address(reach) {
            Some(reach) => made.reached_by(reach).map_err(no_thread)?,
            None => made,
        };
        let made = made.beginning_anew(self.rebuilt.copies.begins_anew(route));
        Ok(match self.log(broker, route, true) {
            Some(tap) => made.with_log(tap),
            None => made,
        })
    }

    fn fix_gateway(
        &mut self,
        broker: &BrokerConfig,
        route: Route,
    ) -> Result<FixGateway, NodeError> {
        let reach = broker.reach().map_err(NodeError::Config)?;
        let reach = Reach { tls: broker.fix.tls().map_err(NodeError::Config)?, ..reach };
        let credentials = (!broker.username.is_empty()).then(|| Credentials {
            username: broker.username.clone(),
            password: broker.password.clone(),
        });
        let session = SessionConfig {
            heartbeat_seconds: broker.heartbeat_seconds,
            credentials,
            next_expected: broker.next_expected_msg_seq_num,
            ..SessionConfig::initiator(&broker.sender_comp_id, &broker.target_comp_id)
        };
        let sessions = &self.rebuilt.sessions;
        let numbers_of = sessions.last_used(route);
        let session = broker.fix.session(session, numbers_of).map_err(NodeError::Config)?;
        let profile = broker.fix.order_profile().map_err(NodeError::Config)?;
        let made = FixGateway::new(FixGatewayConfig {
            route,
            address: reach.fixed().unwrap_or(ELSEWHERE),
            epoch: self.epoch,
            session,
            numbers: sessions.to_go_on_with(route, self.rebuilt.ended_by_a_stop()),
            backoff: Backoff::default(),
        });
        let made = made
            .map_err(|error| NodeError::Config(format!("broker {:?}: {error}", broker.name)))?
            .naming_orders_in(broker.identity_tag)
            .with_profile(&profile)
            .beginning_anew(sessions.begins_anew(route));
        let made = match beyond_one_address(reach) {
            Some(reach) => made.reached_by(reach).map_err(no_thread)?,
            None => made,
        };
        Ok(match self.log(broker, route, false) {
            Some(tap) => made.with_log(tap),
            None => made,
        })
    }
}

/// Where a session is said to be whose reach says it.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// How a session is reached, if more than its one address says it.
fn beyond_one_address(reach: Reach) -> Option<Reach> {
    reach.fixed().is_none().then_some(reach)
}

fn no_thread(error: std::io::Error) -> NodeError {
    NodeError::Failed(format!("cannot start a thread that connects to a broker: {error}"))
}
