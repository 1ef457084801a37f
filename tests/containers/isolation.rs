//! What an environment may use, and reach.

use std::net::TcpListener;

use berth::provider::InstanceObservation;
use berth_shared::api::Allocation;

use crate::bench::{Bench, job, plenty, run, says, wait_running};

pub(crate) async fn shared_memory_has_the_size_that_was_asked_for(bench: &Bench) {
    let mut job = job(&[], &[]);
    // 100 MiB and a page.
    job.shm_bytes = Some((100 << 20) + 4096);
    let (id, environment) = bench.running(&job).await;
    let kib = says(&*environment, "df -k /dev/shm | tail -n 1 | awk '{print $2}'").await;
    assert_eq!(kib, "102404");
    bench.remove(id).await;
}

pub(crate) async fn limits_are_those_of_the_allocation(bench: &Bench) {
    let (id, isolation) = bench.instance(Allocation { cpus: 0.5, memory_bytes: 300 << 20, ..plenty() }).await;
    assert_eq!(isolation.limits, ["memory", "cpu", "pids"], "{isolation:?}");
    let environment = bench.environment(id).await;
    environment.start(&job(&[], &[])).await.expect("begun");
    wait_running(&*environment).await;
    let format = "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.SecurityOpt}}";
    let set = bench.engine().ask(&["inspect", "--format", format, &format!("berth-{id}")]);
    assert_eq!(set, "314572800 500000000 8192 [no-new-privileges]");
    bench.remove(id).await;
}

pub(crate) async fn environments_do_not_reach_each_other_nor_what_listens_here(bench: &Bench) {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = server.local_addr().expect("an address").port();
    let (first, one) = bench.running(&job(&[], &["mkdir s; httpd -f -p 8000 -h s &"])).await;
    let (second, two) = bench.running(&job(&[], &[])).await;
    let Ok(InstanceObservation::Ready { isolation, .. }) = bench.provider.observe(second).await else {
        panic!("it is not ready");
    };
    let address = says(&*one, "hostname -i").await;
    let gateway = says(&*two, "awk '$2 == \"00000000\" {print $3}' /proc/net/route").await;
    let gateway =
        u32::from_str_radix(&gateway, 16).map(|address| std::net::Ipv4Addr::from(address.to_le_bytes()));
    let mut places = vec![format!("127.0.0.1 {port}")];
    // Where the engine does not, the run says so.
    if !isolation.missing.iter().any(|missing| missing.starts_with("environments may reach each other")) {
        places.push(format!("{address} 8000"));
    }
    places.extend(gateway.map(|gateway| format!("{gateway} {port}")));
    for place in places {
        let (out, _, code) = run(&*two, &format!("nc -w 2 {place} < /dev/null && echo reached"), b"").await;
        assert!(code != 0 && !out.contains("reached"), "{place} is reached: {out}");
    }
    bench.remove(first).await;
    bench.remove(second).await;
}
