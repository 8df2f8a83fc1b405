//! The bare mutual-TLS server: the same listener, and a handler that sends bytes it has.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use transport::{
    BoxFuture, Environment, Handler, HttpLimits, Listener, ListenerSettings, Request, Response,
    Shutdown, TlsFiles,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Bytes of every answer
    #[arg(long)]
    bytes: usize,
    /// Port on loopback
    #[arg(long)]
    port: u16,
    /// PEM file of the server's certificate
    #[arg(long)]
    certificate: PathBuf,
    /// PEM file of its key
    #[arg(long)]
    key: PathBuf,
    /// PEM file of the clients' authorities
    #[arg(long)]
    authorities: PathBuf,
}

struct SameBytes(Bytes);

impl Handler for SameBytes {
    fn handle(&self, _request: Request) -> BoxFuture<'_, Response> {
        let response = Response::new(200, "text/xml", self.0.clone());
        Box::pin(async move { response })
    }
}

pub(crate) async fn serve(arguments: &Arguments, shutdown: Shutdown) -> Result<()> {
    let handler = SameBytes(Bytes::from(vec![b'x'; arguments.bytes]));
    let settings = ListenerSettings {
        callers: transport::Callers::Certified,
        name: "bare",
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port)),
        tls: Some(TlsFiles {
            certificate: arguments.certificate.clone(),
            key: arguments.key.clone(),
            authorities: arguments.authorities.clone(),
            revoked: None,
        }),
        limits: HttpLimits::default(),
    };
    let listener = Listener::bind(settings, Arc::new(handler), Environment::system()).await?;
    crate::report::line("{\"ready\":true}")?;
    listener.run(shutdown).await;
    Ok(())
}
