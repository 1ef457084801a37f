//! Runs, jobs and instances: pure machines and the loops that drive them.
