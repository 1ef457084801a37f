//! This machine as a provider: an environment is a supervised group of processes.
