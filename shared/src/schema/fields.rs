//! The table itself. Meanings: dstack 0.18's reference page, where that release behaves otherwise the behaviour;
//! values and defaults: dstack 0.18.2. What is otherwise in dstack 0.22.5 has a row of its own.

use super::{
    Dialect, Field,
    Kind::{self, *},
};

/// Every field, in the order of the reference; an object stands before its keys.
pub const FIELDS: &[Field] = &[
    f("type", Choice, "What the configuration describes.", "dev-environment")
        .required()
        .values(&["dev-environment"]),
    f("ide", Choice, "The IDE to run.", "vscode").required().values(&["vscode"]).older(),
    f("ide", Choice, "The IDE to run. Without it, one comes in by SSH alone.", "vscode").nullable().values(&["vscode", "cursor", "windsurf", "zed"]).newer(),
    f("version", Text, "The version of the IDE: the commit of VS Code. Taken from the IDE that attaches when not given.", "6c3e3dba23e8fadc360aed75ce363ba185c49794").nullable(),
    f("init", TextList, "Bash commands to run each time the environment starts.", "[pip install -r requirements.txt]").default("[]"),
    f("image", Text, "The Docker image to run. Without it, a default image with `python` is used.", "nvcr.io/nvidia/pytorch:24.04-py3").nullable(),
    f("entrypoint", Text, "The Docker entrypoint.", "/bin/bash").nullable().older(),
    f("entrypoint", Nothing, "Not for dev environments: it can only be null.", "null").nullable().newer(),
    f("home_dir", Text, "The absolute path of the home directory inside the environment.", "/home/me").default("/root"),
    f("registry_auth", Object, "Credentials for pulling a private Docker image.", "{username: me, password: \"${{ secrets.token }}\"}").nullable(),
    f("registry_auth.username", Text, "The user name.", "me").required(),
    f("registry_auth.password", Text, "The password or access token.", "\"${{ secrets.token }}\"").required(),
    f("python", PythonVersion, "The version of Python in the default image. Excludes `image`.", "\"3.11\"").nullable().values(&["3.8", "3.9", "3.10", "3.11", "3.12"]).older(),
    f("python", PythonVersion, "The version of Python in the default image. Excludes `image`.", "\"3.12\"").nullable().values(&["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]).newer(),
    f("env", Env, "Environment variables: a list of `NAME=value`, or a mapping. A `NAME` alone is asked for at launch.", "[HF_TOKEN, HF_HOME=/workflow/cache]").default("{}"),
    f("env.*", EnvValue, "The value, or `{key: NAME}` to take that of another variable at launch.", "debug"),
    f("env.*.key", Text, "The variable of whoever launches to take the value from.", "HF_TOKEN").required(),
    f("setup", TextList, "Bash commands to run once, on the boot.", "[apt-get update]").default("[]"),
    f("resources", Object, "What the machine must have.", "{gpu: \"24GB\"}").default("{}"),
    f("resources.cpu", IntegerRange, "The number of vCPUs.", "4..").default("2..").older(),
    f("resources.cpu.min", Integer, "At least this many.", "4").nullable().older(),
    f("resources.cpu.max", Integer, "At most this many.", "8").nullable().older(),
    f("resources.cpu", Cpu, "The number of vCPUs, and their architecture: `arm:4..`.", "4..").default("2..").newer(),
    f("resources.cpu.arch", Choice, "The architecture of the CPU. Where none is written, it is x86, or arm with a GPU on a Grace chip such as `GH200`.", "x86").nullable().values(&["x86", "arm"]).newer(),
    f("resources.cpu.count", IntegerRange, "The number of vCPUs.", "4..").default("2..").newer(),
    f("resources.cpu.count.min", Integer, "At least this many.", "4").nullable().newer(),
    f("resources.cpu.count.max", Integer, "At most this many.", "8").nullable().newer(),
    f("resources.cpu.min", Integer, "At least this many.", "4").nullable().newer(),
    f("resources.cpu.max", Integer, "At most this many.", "8").nullable().newer(),
    f("resources.memory", SizeRange, "The size of RAM.", "16GB..").default("8GB.."),
    f("resources.memory.min", Size, "At least this much.", "16GB").nullable(),
    f("resources.memory.max", Size, "At most this much.", "64GB").nullable(),
    f("resources.shm_size", Size, "The size of shared memory. Processes that exchange data, such as PyTorch's data loaders, may need more than the usual.", "16GB").nullable(),
    f("resources.gpu", Gpu, "The GPUs: a count, or text such as `A100:80GB:2`, or an object. Without it no GPU is asked for.", "24GB..").nullable().older(),
    f("resources.gpu", Gpu, "The GPUs: a count, or text such as `nvidia:A100:80GB:2`, or an object. Without it no GPU is asked for.", "24GB..").nullable().newer(),
    f("resources.gpu.name", TextOrList, "The name of the GPU, or several of which any will do.", "[A100, H100]").nullable(),
    f("resources.gpu.count", IntegerRange, "The number of GPUs.", "1..2").default("1").older(),
    f("resources.gpu.count", IntegerRange, "The number of GPUs.", "1..2").default("1..").newer(),
    f("resources.gpu.count.min", Integer, "At least this many.", "1").nullable(),
    f("resources.gpu.count.max", Integer, "At most this many.", "8").nullable(),
    f("resources.gpu.memory", SizeRange, "The memory of each GPU.", "40GB..80GB").nullable(),
    f("resources.gpu.memory.min", Size, "At least this much.", "40GB").nullable(),
    f("resources.gpu.memory.max", Size, "At most this much.", "80GB").nullable(),
    f("resources.gpu.total_memory", SizeRange, "The memory of all GPUs together.", "160GB..").nullable(),
    f("resources.gpu.total_memory.min", Size, "At least this much.", "160GB").nullable(),
    f("resources.gpu.total_memory.max", Size, "At most this much.", "640GB").nullable(),
    f("resources.gpu.compute_capability", ComputeCapability, "The least CUDA compute capability.", "7.5").nullable(),
    f("resources.gpu.vendor", Choice, "The vendor of the GPU.", "nvidia").nullable().values(&["nvidia", "amd", "google", "intel", "tenstorrent"]).newer(),
    f("resources.disk", Disk, "The size of the disk; at least 50GB. A size without `..` is exact.", "200GB..").default("100GB..").nullable().older(),
    f("resources.disk", Disk, "The size of the disk. A size without `..` is exact.", "200GB..").default("100GB..").nullable().newer(),
    f("resources.disk.size", DiskRange, "The size of the disk; at least 50GB.", "200GB..").required().older(),
    f("resources.disk.size", SizeRange, "The size of the disk.", "200GB..").required().newer(),
    f("resources.disk.size.min", Size, "At least this much.", "200GB").nullable(),
    f("resources.disk.size.max", Size, "At most this much.", "1TB").nullable(),
    f("ports", Ports, "Ports to reach from your machine: a number, `local:container`, `*:container` for any free one, or an object.", "[8080, \"8000:80\"]").default("[]"),
    f("ports[].local_port", Port, "The port on your machine; any that is free when not given.", "8080").nullable(),
    f("ports[].container_port", Port, "The port inside the environment.", "80").required(),
    f("backends", ChoiceList, "The backends to consider; all that are configured when not given.", "[aws, gcp]").nullable().values(BACKENDS).older(),
    f("backends", ChoiceList, "The backends to consider; all that are configured when not given.", "[aws, gcp]").nullable().values(NEWER_BACKENDS).newer(),
    f("regions", TextList, "The regions to consider; all that are configured when not given.", "[eu-west-1, us-west4]").nullable(),
    f("instance_types", TextList, "The instance types to consider, by the cloud's own names.", "[p3.8xlarge, n1-standard-4]").nullable(),
    f("spot_policy", Choice, "Whether to use spot instances, on-demand instances, or both (`auto`).", "auto").default("on-demand").nullable().values(&["spot", "on-demand", "auto"]),
    f("retry_policy", Object, "Whether and how long to try again when no machine can be had.", "{retry: true, duration: 4h}").nullable().older(),
    f("retry_policy.retry", Boolean, "Whether to try again. A `duration` says yes by itself.", "true").default("false").older(),
    f("retry_policy.duration", Duration, "How long to keep trying.", "4h").nullable().older(),
    f("max_duration", DurationOrOff, "How long the run may last before it is stopped.", "8h").default("\"off\"").nullable(),
    f("max_price", Price, "The most to pay, in US dollars an hour.", "2.5").nullable(),
    f("pool_name", Text, "The pool of instances to use; the default one when not given.", "team").nullable().older(),
    f("instance_name", Text, "The instance of the pool to use.", "big-box").nullable().older(),
    f("creation_policy", Choice, "Whether only instances of the pool are used, or new ones as well.", "reuse").default("reuse-or-create").nullable().values(&["reuse", "reuse-or-create"]),
    f("termination_policy", Choice, "What happens to an instance that has no run.", "dont-destroy").default("destroy-after-idle").nullable().values(&["dont-destroy", "destroy-after-idle"]).older(),
    f("termination_idle_time", Duration, "How long an instance without a run is kept.", "30m").default("5m").nullable().older(),
    // Came after dstack 0.18; there they are known by name, so that the answer is better than "unknown".
    f("name", Text, "The name of the run; one is made up when not given.", "my-env").nullable().newer(),
    f("user", Text, "The user inside the container, with its group if need be: `USER[:GROUP]`.", "\"1000:1000\"").nullable().newer(),
    f("privileged", Boolean, "Whether the container may do what its host may.", "true").default("false").newer(),
    f("working_dir", Text, "The directory in which commands run.", "/workflow").nullable().newer(),
    f("nvcc", Boolean, "Whether the default image has `nvcc`.", "true").nullable().newer(),
    f("single_branch", Boolean, "Whether only one branch is cloned.", "true").nullable().newer(),
    f("shell", Text, "The shell that runs the commands: `sh`, `bash` or an absolute path.", "bash").nullable().newer(),
    f("priority", Integer, "Which run is served first when machines are scarce: 0 to 100, the highest first.", "50").nullable().newer(),
    f("volumes", List, "Volumes to mount: `volume:/path`, `/path/on/the/machine:/path`, or an object.", "[\"data:/data\"]").default("[]").newer(),
    f("volumes[].name", TextOrList, "The network volume, or several of which the first that fits is taken.", "data").newer(),
    f("volumes[].instance_path", Text, "The directory of the machine.", "/mnt/data").newer(),
    f("volumes[].path", Text, "Where it is mounted.", "/data").required().newer(),
    f("volumes[].optional", Boolean, "Whether the run starts without it where it cannot be mounted.", "true").default("false").newer(),
    f("docker", Boolean, "Whether Docker can be used inside. Excludes `image`, `python` and `nvcc`.", "true").nullable().newer(),
    f("repos", List, "A repository to clone: its address or path, with the directory to clone it to, or an object.", "[\"https://example.com/me/project.git\"]").default("[]").newer(),
    f("repos[].local_path", Text, "The directory of a repository on your machine.", "..").nullable().newer(),
    f("repos[].url", Text, "The address of the repository.", "https://example.com/me/project.git").nullable().newer(),
    f("repos[].branch", Text, "The branch; the repository's own when not given.", "main").nullable().newer(),
    f("repos[].hash", Text, "The commit; the newest of the branch when not given.", "\"0a1b2c3\"").nullable().newer(),
    f("repos[].path", Text, "The directory to clone to.", "project").default(".").newer(),
    f("repos[].if_exists", Choice, "What to do where the directory is not empty.", "skip").default("error").values(&["error", "skip"]).newer(),
    f("files", List, "Files and directories to copy: a path, `local:path`, or an object.", "[\"~/.gitconfig:/root/.gitconfig\"]").default("[]").newer(),
    f("files[].local_path", Text, "What to copy from your machine.", "./data").required().newer(),
    f("files[].path", Text, "Where to.", "/data").required().newer(),
    f("dstack", Boolean, "Whether the `dstack` command can be used inside.", "true").default("false").newer(),
    f("inactivity_duration", DurationOrOff, "How long the run may go unused before it is stopped.", "2h").default("\"off\"").nullable().newer(),
    f("availability_zones", TextList, "The availability zones to consider.", "[eu-west-1a]").nullable().newer(),
    f("reservation", Text, "A reservation of capacity at the cloud.", "r-1").nullable().newer(),
    f("retry", BooleanOrObject, "Whether to try again, upon what, and how long.", "{on_events: [no-capacity], duration: 4h}").nullable().newer(),
    f("retry.on_events", ChoiceList, "Upon what to try again; upon all of it when not given.", "[no-capacity, interruption]").nullable().values(&["no-capacity", "interruption", "error"]).newer(),
    f("retry.duration", Duration, "How long to keep trying.", "4h").nullable().newer(),
    f("stop_duration", DurationOrOff, "How long a stop may take before the container is killed.", "5m").nullable().newer(),
    f("idle_duration", DurationOrOff, "How long an instance without a run is kept; `off` keeps it.", "30m").default("5m").nullable().newer(),
    f("utilization_policy", Object, "When a run is stopped because its GPUs are not used.", "{min_gpu_utilization: 10, time_window: 1h}").nullable().newer(),
    f("utilization_policy.min_gpu_utilization", Integer, "The least use of each GPU, per cent.", "10").required().newer(),
    f("utilization_policy.time_window", Duration, "How long it must have been less; 5 minutes at least.", "1h").required().newer(),
    f("startup_order", Choice, "Which node starts first; for runs of several.", "any").nullable().values(&["any", "master-first", "workers-first"]).newer(),
    f("stop_criteria", Choice, "When a run of several nodes ends.", "all-done").nullable().values(&["all-done", "master-done"]).newer(),
    f("schedule", Object, "When the run starts.", "{cron: \"0 8 * * mon-fri\"}").nullable().newer(),
    f("schedule.cron", TextOrList, "Minute, hour, day, month and weekday in UTC, as cron has them; Monday is 0.", "\"0 8 * * mon-fri\"").required().newer(),
    f("fleets", List, "The fleets to use: `name` or `project/name`.", "[my-fleet]").nullable().newer(),
    f("fleets[].project", Text, "The project of the fleet; the run's own when not given.", "main").nullable().newer(),
    f("fleets[].name", Text, "The name of the fleet.", "my-fleet").required().newer(),
    f("instances", List, "The instances to use: a name, or an object.", "[my-instance]").nullable().newer(),
    f("instances[].name", Text, "The name of the instance.", "my-instance").newer(),
    f("instances[].hostname", Text, "The address of the instance.", "10.0.0.1").newer(),
    f("instances[].fleet", TextOrObject, "The fleet whose instance it is.", "my-fleet").newer(),
    f("instances[].fleet.project", Text, "The project of the fleet; the run's own when not given.", "main").nullable().newer(),
    f("instances[].fleet.name", Text, "The name of the fleet.", "my-fleet").required().newer(),
    f("instances[].instance", Integer, "The number of the instance in its fleet.", "0").newer(),
    f("tags", Mapping, "Tags of the run and of what is made for it in a cloud.", "{team: ml}").nullable().newer(),
    f("tags.*", Text, "The value of a tag.", "ml").newer(),
    f("backend_options", List, "Options of single backends.", "[{type: vastai, min_score: 1}]").nullable().newer(),
    f("backend_options[].type", Choice, "The backend.", "vastai").default("vastai").values(&["vastai"]).newer(),
    f("backend_options[].offer_order", Choice, "By what its offers are ordered.", "price").nullable().values(&["score", "price"]).newer(),
    f("backend_options[].min_reliability", Price, "The least reliability of a host, 0 to 1.", "0.9").nullable().newer(),
    f("backend_options[].min_score", Integer, "The least score of a host.", "100").nullable().newer(),
];

const BACKENDS: &[&str] = &[
    "aws",
    "azure",
    "cudo",
    "datacrunch",
    "dstack",
    "gcp",
    "kubernetes",
    "lambda",
    "local",
    "remote",
    "nebius",
    "runpod",
    "tensordock",
    "vastai",
];

const NEWER_BACKENDS: &[&str] = &[
    "amddevcloud",
    "aws",
    "azure",
    "cloudrift",
    "crusoe",
    "cudo",
    "datacrunch",
    "daytona",
    "digitalocean",
    "dstack",
    "gcp",
    "hotaisle",
    "jarvislabs",
    "kubernetes",
    "lambda",
    "lium",
    "remote",
    "nebius",
    "oci",
    "runpod",
    "seeweb",
    "tensordock",
    "vastai",
    "verda",
    "vultr",
    "slurm",
];

pub(super) const fn f(path: &'static str, kind: Kind, doc: &'static str, example: &'static str) -> Field {
    Field {
        path,
        kind,
        required: false,
        default: None,
        nullable: false,
        doc,
        example,
        values: &[],
        since: Dialect::V0_18,
        until: Dialect::V0_22,
    }
}

impl Field {
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// Came after dstack 0.18.
    const fn newer(mut self) -> Self {
        self.since = Dialect::V0_22;
        self
    }

    /// Is gone in dstack 0.22, or is otherwise there.
    const fn older(mut self) -> Self {
        self.until = Dialect::V0_18;
        self
    }
}
