//! Clients, each on a connection of its own that stays open, who ask as fast as they are answered.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::actor::Actor;
use crate::figures::count;

/// What a run took.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Of each request, in ascending order.
    pub latencies: Vec<Duration>,
}

impl Taken {
    /// Requests a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        count(self.latencies.len()) / self.elapsed.as_secs_f64()
    }

    /// The latency that `percent` of a hundred requests did not exceed.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// One open connection.
#[derive(Debug)]
pub struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects to `address`.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a service that listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        #[expect(clippy::disallowed_methods, reason = "ends with the connection")]
        tokio::spawn(connection);
        Self(sender)
    }

    /// Sends `request` and takes the whole answer.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> (StatusCode, Bytes) {
        self.0.ready().await.expect("an open connection");
        let answer = self.0.send_request(request).await.expect("an answer");
        let status = answer.status();
        (status, answer.into_body().collect().await.expect("the whole answer").to_bytes())
    }
}

/// Each of `actors` sends `each` requests to `address`, all of them at a time; they come back as they are then.
pub async fn run(address: SocketAddr, actors: Vec<Actor>, each: usize) -> (Taken, Vec<Actor>) {
    let connections = join_all(actors.iter().map(|_| Connection::open(address))).await;
    let started = Instant::now();
    let mut running = JoinSet::new();
    for (mut actor, mut connection) in actors.into_iter().zip(connections) {
        running.spawn(async move {
            let mut latencies = Vec::with_capacity(each);
            for _ in 0..each {
                let request = actor.request();
                let sent = Instant::now();
                let (status, body) = connection.send(request).await;
                latencies.push(sent.elapsed());
                actor.answered(status, &body);
            }
            (latencies, actor)
        });
    }
    let outcomes = running.join_all().await;
    let elapsed = started.elapsed();
    let (latencies, actors): (Vec<_>, Vec<_>) = outcomes.into_iter().unzip();
    let mut latencies: Vec<Duration> = latencies.into_iter().flatten().collect();
    latencies.sort_unstable();
    (Taken { elapsed, latencies }, actors)
}
