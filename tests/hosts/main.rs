//! Machines that are reached by SSH: real servers of OpenSSH and real engines, each in a network of its own, with cables that are
//! pulled.

mod adding;
mod cables;
mod pools;
mod secrets;
