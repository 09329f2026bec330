//! Bodies: which parser reads them, and the members they hold.

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Limited};

use super::error::Refusal;
use super::json::{self, Document, Value};
use super::negotiation::MediaType;

/// The largest body, in bytes (Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`).
pub(super) const MAX_BYTES: usize = 2_621_440;
/// The media type of an URL-encoded form.
const FORM: &str = "application/x-www-form-urlencoded";
/// The most members of a form (Django's `DATA_UPLOAD_MAX_NUMBER_FIELDS`).
const MAX_FORM_MEMBERS: usize = 1000;

/// A body with what its header says of it.
#[derive(Clone)]
pub(super) struct RequestBody {
    content_type: Option<HeaderValue>,
    bytes: Bytes,
}

/// The members of a body, by name; of equal names the last one counts.
#[derive(Default)]
pub(super) struct Members(Vec<(String, Value)>);

impl std::fmt::Debug for RequestBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RequestBody")
    }
}

impl std::fmt::Debug for Members {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Members")
    }
}

impl Members {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl RequestBody {
    /// Collects `body`, up to [`MAX_BYTES`].
    pub(super) async fn read(body: Body, content_type: Option<HeaderValue>) -> Result<Self, Refusal> {
        match Limited::new(body, MAX_BYTES).collect().await {
            Ok(collected) => Ok(Self { content_type, bytes: collected.to_bytes() }),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Refusal::RequestTooBig),
            // The client went away in the middle: nobody reads the answer.
            Err(error) => Err(Refusal::ParseError("Body", error.to_string())),
        }
    }

    /// Whether it is an URL-encoded form.
    pub(super) fn is_form(&self) -> bool {
        self.media_type().takes(FORM)
    }

    /// The values of the field `name` of an URL-encoded form, but for empty ones.
    pub(super) fn form_values(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(&self.bytes).filter(|(known, value)| known == name && !value.is_empty());
        pairs.map(|(_, value)| value.into_owned()).collect()
    }

    /// The bytes as they came.
    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes
    }

    fn media_type(&self) -> MediaType {
        MediaType::parse(&self.content_type())
    }

    fn content_type(&self) -> String {
        let given = self.content_type.as_ref().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        given.unwrap_or_default()
    }

    /// The members, by the parser that the content type asks for. An empty body has none, whatever its type.
    pub(super) async fn members(&self) -> Result<Members, Refusal> {
        if self.bytes.is_empty() {
            return Ok(Members::default());
        }
        let media_type = self.media_type();
        if media_type.takes("application/json") {
            json_members(&decode(&self.bytes, media_type.parameter("charset"))?)
        } else if media_type.takes(FORM) {
            form_members(&self.bytes)
        } else if media_type.takes("multipart/form-data") {
            multipart_members(self.content_type(), self.bytes.clone()).await
        } else {
            Err(Refusal::UnsupportedMediaType(self.content_type()))
        }
    }
}

fn json_members(text: &str) -> Result<Members, Refusal> {
    match json::parse(text) {
        Ok(Document::Object(members)) => Ok(Members(members)),
        Ok(Document::Null) => Err(Refusal::NonField("No data provided".to_owned())),
        Ok(Document::NotAnObject(kind)) => {
            Err(Refusal::NonField(format!("Invalid data. Expected a dictionary, but got {kind}.")))
        }
        Err(reason) => Err(Refusal::ParseError("JSON", reason)),
    }
}

/// `bytes` as text in the named encoding; UTF-8 when none or an unknown one is named.
fn decode(bytes: &Bytes, charset: Option<&str>) -> Result<String, Refusal> {
    let refused = |reason: &str| Refusal::ParseError("JSON", reason.to_owned());
    let label = charset.unwrap_or("utf-8").to_lowercase();
    // The label of Latin-1 means windows-1252 on the web; in Python it means Latin-1.
    if matches!(label.as_str(), "iso-8859-1" | "iso8859-1" | "latin-1" | "latin1" | "l1") {
        return Ok(encoding_rs::mem::decode_latin1(bytes).into_owned());
    }
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap_or(encoding_rs::UTF_8);
    if encoding == encoding_rs::UTF_8 {
        return std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| refused(&error.to_string()));
    }
    let (text, _encoding, malformed) = encoding.decode(bytes);
    if malformed { Err(refused("the body is not in the encoding it names")) } else { Ok(text.into_owned()) }
}

fn form_members(bytes: &[u8]) -> Result<Members, Refusal> {
    let mut members = Vec::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        if members.len() == MAX_FORM_MEMBERS {
            return Err(Refusal::RequestTooBig);
        }
        members.push((name.into_owned(), Value::Text(value.into_owned())));
    }
    raw_form(Members(members))
}

/// The browsable API's raw form posts a body and its type as two members of a form.
fn raw_form(members: Members) -> Result<Members, Refusal> {
    match (members.get("_content_type"), members.get("_content")) {
        (Some(Value::Text(content_type)), Some(Value::Text(content))) => {
            if MediaType::parse(content_type).takes("application/json") {
                if content.is_empty() { Ok(Members::default()) } else { json_members(content) }
            } else {
                Err(Refusal::UnsupportedMediaType(content_type.clone()))
            }
        }
        _ => Ok(members),
    }
}

/// Boxed: hardly anybody sends one; and store/call.rs says why.
fn multipart_members(content_type: String, bytes: Bytes) -> BoxFuture<'static, Result<Members, Refusal>> {
    Box::pin(async move {
        let refused = |error: multer::Error| Refusal::ParseError("Multipart form", error.to_string());
        let boundary = multer::parse_boundary(&content_type).map_err(refused)?;
        let stream = futures_util::stream::once(std::future::ready(Ok::<_, std::convert::Infallible>(bytes)));
        let mut multipart = multer::Multipart::new(stream, boundary);
        let mut members = Vec::new();
        while let Some(field) = multipart.next_field().await.map_err(refused)? {
            if members.len() == MAX_FORM_MEMBERS {
                return Err(Refusal::RequestTooBig);
            }
            // A part without a name counts too.
            let name = field.name().unwrap_or_default().to_owned();
            let value = if field.file_name().is_some() {
                Value::Other
            } else {
                Value::Text(String::from_utf8_lossy(&field.bytes().await.map_err(refused)?).into_owned())
            };
            members.push((name, value));
        }
        Ok(Members(members))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(content_type: &str, bytes: &[u8]) -> Result<Members, Refusal> {
        let content_type = HeaderValue::from_str(content_type).ok();
        RequestBody { content_type, bytes: Bytes::copy_from_slice(bytes) }.members().await
    }

    #[tokio::test]
    async fn the_raw_form_carries_json() {
        let form = b"_content_type=application%2Fjson&_content=%7B%22a%22%3A%22b%22%7D";
        let members = read("application/x-www-form-urlencoded", form).await.unwrap();
        assert_eq!(members.get("a"), Some(&Value::Text("b".to_owned())));
    }

    #[tokio::test]
    async fn too_many_members_are_too_big() {
        let form = "a=b&".repeat(MAX_FORM_MEMBERS + 1);
        let refusal = read("application/x-www-form-urlencoded", form.as_bytes()).await.unwrap_err();
        assert!(matches!(refusal, Refusal::RequestTooBig));
    }

    #[tokio::test]
    async fn a_multipart_body_that_ends_early_is_a_parse_error() {
        let refusal = read("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; na").await;
        assert!(matches!(refusal, Err(Refusal::ParseError("Multipart form", _))));
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_not_read_further() {
        let at_limit = RequestBody::read(Body::from(vec![b'x'; MAX_BYTES]), None).await;
        assert!(at_limit.is_ok());
        let over = RequestBody::read(Body::from(vec![b'x'; MAX_BYTES + 1]), None).await;
        assert!(matches!(over, Err(Refusal::RequestTooBig)));
    }
}
