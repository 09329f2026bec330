//! A way to DynamoDB on which things go wrong, as a test plans it.
//!
//! A [`FaultProxy`] listens on a loopback port, in front of a DynamoDB; what a service sends there passes, or meets the
//! [`Fault`] that its [`Plan`] says.

mod fault;
mod plan;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

pub use fault::Fault;
pub use plan::Plan;
use wire::{Asked, Line};

/// A proxy in front of a DynamoDB; ended with the test.
#[derive(Debug)]
pub struct FaultProxy {
    endpoint: String,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    target: String,
    state: Mutex<State>,
    /// What changes while somebody may wait for it.
    progress: watch::Sender<Progress>,
}

#[derive(Debug)]
struct State {
    plan: Plan,
    seen: Vec<String>,
    injected: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Calls that were read and are not answered, nor given up.
    under_way: usize,
    /// Calls that are held.
    held: usize,
    /// How often held calls were let go.
    released: usize,
    /// How often all connections were closed.
    cut: usize,
}

impl FaultProxy {
    /// A proxy before the DynamoDB at `endpoint`, without faults so far.
    pub async fn before(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let target = endpoint.trim_start_matches("http://").to_owned();
        let state = Mutex::new(State { plan: Plan::none(), seen: Vec::new(), injected: 0 });
        let shared = Arc::new(Shared { target, state, progress: watch::Sender::default() });
        let accepting = accept(listener, Arc::clone(&shared));
        #[expect(clippy::disallowed_methods, reason = "a server of a test, which ends it")]
        let accepting = tokio::spawn(accepting).abort_handle();
        Self { endpoint: format!("http://{address}"), shared, accepting }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What happens to calls from now on; they are counted anew.
    pub fn plan(&self, plan: Plan) {
        self.shared.state().plan = plan;
    }

    /// The operations that were asked for since the last time this was asked, in order, those that met a fault too.
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state().seen)
    }

    /// How many calls have met a fault.
    pub fn injected(&self) -> usize {
        self.shared.state().injected
    }

    /// Waits until a call is held.
    pub async fn until_held(&self) {
        self.shared.until(|progress| progress.held > 0).await;
    }

    /// Lets go what is held.
    pub fn release(&self) {
        self.shared.progress.send_modify(|progress| progress.released += 1);
    }

    /// Closes every connection, those with calls under way too.
    pub fn cut(&self) {
        self.shared.progress.send_modify(|progress| progress.cut += 1);
    }

    /// Waits until nothing is under way: what came too late for whoever asked is done by then.
    pub async fn until_idle(&self) {
        self.shared.until(|progress| progress.under_way == 0).await;
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(serve(client, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

/// Serves one connection until either side has enough of it.
async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let cut = shared.progress.borrow().cut;
    tokio::select! {
        () = pass_on(Line::new(client), &shared) => {}
        () = shared.until(|progress| progress.cut > cut) => {}
    }
}

async fn pass_on(mut client: Line, shared: &Arc<Shared>) {
    let mut upstream = None;
    while let Ok(Some(asked)) = client.next_call().await {
        let _under_way = shared.under_way();
        let fault = shared.fault_of(&asked);
        match fault {
            // Waits for nothing: the latency is the fault.
            Some(Fault::Late(delay)) => tokio::time::sleep(delay).await,
            Some(Fault::HeldBefore) => shared.hold().await,
            _ => {}
        }
        let mut answer = Vec::new();
        if fault.is_none_or(Fault::is_done) {
            // A DynamoDB that is gone is told as a connection that closes.
            let Ok(given) = ask(&mut upstream, &shared.target, &asked).await else { return };
            answer = given;
        }
        match respond(client, (fault, &asked), &answer, shared).await {
            Some(open) => client = open,
            None => return,
        }
    }
}

async fn ask(upstream: &mut Option<Line>, target: &str, asked: &Asked) -> std::io::Result<Vec<u8>> {
    if upstream.is_none() {
        *upstream = Some(Line::new(TcpStream::connect(target).await?));
    }
    match upstream {
        Some(line) => line.ask(asked).await,
        None => Err(std::io::ErrorKind::NotConnected.into()),
    }
}

/// Tells the client what came of its call; none when the connection ends with it.
async fn respond(
    mut client: Line,
    (fault, asked): (Option<Fault>, &Asked),
    answer: &[u8],
    shared: &Shared,
) -> Option<Line> {
    match fault {
        Some(Fault::ResetBefore | Fault::ResetAfter) => {
            client.reset();
            return None;
        }
        Some(Fault::Hang) => {
            client.until_closed().await;
            return None;
        }
        Some(Fault::Truncated) => {
            let head = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |start| start + 4);
            let half = answer.get(..usize::midpoint(head, answer.len())).unwrap_or_default();
            // Whoever does not wait for it any more does not miss it either.
            let _gone = client.stream.write_all(half).await;
            return None;
        }
        Some(Fault::HeldAfter) => shared.hold().await,
        _ => {}
    }
    let replacement = fault.and_then(|fault| fault.replacement(asked));
    client.stream.write_all(replacement.as_deref().unwrap_or(answer)).await.ok().map(|()| client)
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault_of(&self, asked: &Asked) -> Option<Fault> {
        let mut state = self.state();
        state.seen.push(asked.operation.clone());
        let fault = state.plan.meets(&asked.operation).filter(|fault| fault.concerns(&asked.operation));
        state.injected += usize::from(fault.is_some());
        fault
    }

    fn under_way(self: &Arc<Self>) -> UnderWay {
        self.progress.send_modify(|progress| progress.under_way += 1);
        UnderWay(Arc::clone(self))
    }

    async fn hold(&self) {
        let released = self.progress.borrow().released;
        self.progress.send_modify(|progress| progress.held += 1);
        let _held = Held(self);
        self.until(|progress| progress.released > released).await;
    }

    async fn until(&self, reached: impl Fn(&Progress) -> bool) {
        // The sender is in this very struct: it cannot go while somebody waits.
        let _reached = self.progress.subscribe().wait_for(reached).await.map(drop);
    }
}

/// A call from its reading to its end.
struct UnderWay(Arc<Shared>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.progress.send_modify(|progress| progress.under_way -= 1);
    }
}

/// A call that is held, from then on until it is let go or its connection is closed.
struct Held<'a>(&'a Shared);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.progress.send_modify(|progress| progress.held -= 1);
    }
}
