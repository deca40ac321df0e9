//! A mounted service and its answers.

use std::future::Future;
use std::task::Poll;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// An application's routes.
pub struct Site {
    routes: Router,
    runtime: Runtime,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Site {
    pub fn of(routes: Router) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { routes, runtime }
    }

    pub fn send(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.routes.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
    }

    /// A download: its headers and its bytes.
    pub fn bytes(&self, path: &str) -> (HeaderMap, Vec<u8>) {
        self.runtime.block_on(async {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = self.routes.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            let (parts, body) = response.into_parts();
            (parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
        })
    }

    /// A form, as a browser on the same site sends it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::from(text)).unwrap())
    }

    /// A response of which the body is not read yet.
    pub fn begin(&self, path: &str, authorization: &str) -> Response<Body> {
        let request = Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap();
        self.runtime.block_on(async { self.routes.clone().oneshot(request).await.unwrap() })
    }

    /// The bytes of a body that arrive, and why it ends before its end.
    pub fn rest(&self, response: Response<Body>) -> (usize, Option<String>) {
        let (mut body, mut bytes) = (response.into_body(), 0);
        self.runtime.block_on(async {
            loop {
                match body.frame().await {
                    Some(Ok(frame)) => bytes += frame.data_ref().map_or(0, Bytes::len),
                    Some(Err(error)) => return (bytes, Some(error.to_string())),
                    None => return (bytes, None),
                }
            }
        })
    }

    /// A request whose client goes away before the response.
    pub fn abandon(&self, request: Request<Body>) {
        let mut response = Box::pin(self.routes.clone().oneshot(request));
        let begun = std::future::poll_fn(|context| {
            drop(response.as_mut().poll(context));
            Poll::Ready(())
        });
        self.runtime.block_on(begun);
    }

    /// The headers and bytes of a file.
    pub fn download(&self, path: &str, authorization: &str) -> (HeaderMap, Vec<u8>) {
        let (parts, body) = self.begin(path, authorization).into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        let bytes = self.runtime.block_on(async { body.collect().await.unwrap().to_bytes().to_vec() });
        (parts.headers, bytes)
    }

    /// A call of the API with a token.
    pub fn call(&self, method: &str, path: &str, token: &str, key: Option<&str>, body: &Value) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).unwrap())
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body of an answer with this status.
    pub fn value(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/json", "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// The problem with this status and code; every problem has the same members.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!((self.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }

    /// The page with this status.
    pub fn page(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), "text/html; charset=utf-8", "{}", self.body);
        &self.body
    }
}
