//! Ports for programs that want to be told theirs.

use tokio::net::TcpSocket;

/// A port of 127.0.0.1 that nobody else is given for as long as this is kept. Who is told it may listen there, if it asks for
/// `SO_REUSEADDR`, as servers do.
pub struct Reserved {
    port: u16,
    /// Bound, and does not listen.
    _socket: TcpSocket,
}

impl Reserved {
    /// Some port.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn any() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        Self { port: socket.local_addr().expect("its address").port(), _socket: socket }
    }

    /// Its number.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}
