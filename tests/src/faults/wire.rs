//! As much HTTP/1.1 as the SDK and the embedded DynamoDB speak with each other: heads, and bodies of a known length.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A call.
#[derive(Debug)]
pub(super) struct Asked {
    /// What is asked for, as DynamoDB calls it.
    pub(super) operation: String,
    pub(super) body: Vec<u8>,
    head: Vec<u8>,
}

/// Reads from one connection; what came too early waits for the next message.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) stream: TcpStream,
    early: Vec<u8>,
}

impl Line {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, early: Vec::new() }
    }

    /// The next call, or none when the client is done.
    pub(super) async fn next_call(&mut self) -> Result<Option<Asked>> {
        let Some((head, body)) = self.next_message().await? else { return Ok(None) };
        let target = header(&head, "x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or("?").to_owned();
        Ok(Some(Asked { operation, body, head }))
    }

    /// Sends `asked` on and waits for the whole answer.
    pub(super) async fn ask(&mut self, asked: &Asked) -> Result<Vec<u8>> {
        self.stream.write_all(&asked.head).await?;
        self.stream.write_all(&asked.body).await?;
        let (mut answer, body) = self.next_message().await?.ok_or_else(cut_off)?;
        answer.extend(body);
        Ok(answer)
    }

    /// Waits until the other side has hung up.
    pub(super) async fn until_closed(&mut self) {
        let mut bytes = [0; 1024];
        while let Ok(1..) = self.stream.read(&mut bytes).await {}
    }

    /// Ends the connection as a router that was restarted does: without a goodbye.
    pub(super) fn reset(self) {
        // Fails only when it is closed already.
        let _closed = self.stream.set_zero_linger();
    }

    async fn next_message(&mut self) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
        let end = loop {
            if let Some(end) = self.early.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if !self.read_more().await? {
                return if self.early.is_empty() { Ok(None) } else { Err(cut_off()) };
            }
        };
        let rest = self.early.split_off(end);
        let head = std::mem::replace(&mut self.early, rest);
        let length = header(&head, "content-length").and_then(|value| value.parse().ok());
        let length: usize = length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "a message of unknown length"))?;
        while self.early.len() < length {
            if !self.read_more().await? {
                return Err(cut_off());
            }
        }
        let rest = self.early.split_off(length);
        Ok(Some((head, std::mem::replace(&mut self.early, rest))))
    }

    async fn read_more(&mut self) -> Result<bool> {
        Ok(self.stream.read_buf(&mut self.early).await? > 0)
    }
}

fn cut_off() -> Error {
    ErrorKind::UnexpectedEof.into()
}

/// The value of the header `name` in `head`.
fn header(head: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(head);
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// An answer of DynamoDB with `body`. Its checksum is left out: the SDK for Rust looks at none.
pub(super) fn answer(status: u16, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: FAULT\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
