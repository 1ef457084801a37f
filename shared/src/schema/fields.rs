//! The table itself. Meanings: dstack 0.18's reference page, where that release behaves otherwise the behaviour;
//! values and defaults: dstack 0.18.2.

use super::{
    Dialect, Field,
    Kind::{self, *},
};

/// Every field, in the order of the reference; an object stands before its keys.
pub const FIELDS: &[Field] = &[
    f("type", Choice, "What the configuration describes.", "dev-environment")
        .required()
        .values(&["dev-environment"]),
    f("ide", Choice, "The IDE to run.", "vscode").required().values(&["vscode"]),
    f("version", Text, "The version of the IDE: the commit of VS Code. Taken from the IDE that attaches when not given.", "6c3e3dba23e8fadc360aed75ce363ba185c49794").nullable(),
    f("init", TextList, "Bash commands to run each time the environment starts.", "[pip install -r requirements.txt]").default("[]"),
    f("image", Text, "The Docker image to run. Without it, a default image with `python` is used.", "nvcr.io/nvidia/pytorch:24.04-py3").nullable(),
    f("entrypoint", Text, "The Docker entrypoint.", "/bin/bash").nullable(),
    f("home_dir", Text, "The absolute path of the home directory inside the environment.", "/home/me").default("/root"),
    f("registry_auth", Object, "Credentials for pulling a private Docker image.", "{username: me, password: \"${{ secrets.token }}\"}").nullable(),
    f("registry_auth.username", Text, "The user name.", "me").required(),
    f("registry_auth.password", Text, "The password or access token.", "\"${{ secrets.token }}\"").required(),
    f("python", PythonVersion, "The version of Python in the default image. Excludes `image`.", "\"3.11\"").nullable().values(&["3.8", "3.9", "3.10", "3.11", "3.12"]),
    f("env", Env, "Environment variables: a list of `NAME=value`, or a mapping. A `NAME` alone is asked for at launch.", "[HF_TOKEN, HF_HOME=/workflow/cache]").default("{}"),
    f("env.*", EnvValue, "The value, or `{key: NAME}` to take that of another variable at launch.", "debug"),
    f("env.*.key", Text, "The variable of whoever launches to take the value from.", "HF_TOKEN").required(),
    f("setup", TextList, "Bash commands to run once, on the boot.", "[apt-get update]").default("[]"),
    f("resources", Object, "What the machine must have.", "{gpu: \"24GB\"}").default("{}"),
    f("resources.cpu", IntegerRange, "The number of vCPUs.", "4..").default("2.."),
    f("resources.cpu.min", Integer, "At least this many.", "4").nullable(),
    f("resources.cpu.max", Integer, "At most this many.", "8").nullable(),
    f("resources.memory", SizeRange, "The size of RAM.", "16GB..").default("8GB.."),
    f("resources.memory.min", Size, "At least this much.", "16GB").nullable(),
    f("resources.memory.max", Size, "At most this much.", "64GB").nullable(),
    f("resources.shm_size", Size, "The size of shared memory. Processes that exchange data, such as PyTorch's data loaders, may need more than the usual.", "16GB").nullable(),
    f("resources.gpu", Gpu, "The GPUs: a count, or text such as `A100:80GB:2`, or an object. Without it no GPU is asked for.", "24GB..").nullable(),
    f("resources.gpu.name", TextOrList, "The name of the GPU, or several of which any will do.", "[A100, H100]").nullable(),
    f("resources.gpu.count", IntegerRange, "The number of GPUs.", "1..2").default("1"),
    f("resources.gpu.count.min", Integer, "At least this many.", "1").nullable(),
    f("resources.gpu.count.max", Integer, "At most this many.", "8").nullable(),
    f("resources.gpu.memory", SizeRange, "The memory of each GPU.", "40GB..80GB").nullable(),
    f("resources.gpu.memory.min", Size, "At least this much.", "40GB").nullable(),
    f("resources.gpu.memory.max", Size, "At most this much.", "80GB").nullable(),
    f("resources.gpu.total_memory", SizeRange, "The memory of all GPUs together.", "160GB..").nullable(),
    f("resources.gpu.total_memory.min", Size, "At least this much.", "160GB").nullable(),
    f("resources.gpu.total_memory.max", Size, "At most this much.", "640GB").nullable(),
    f("resources.gpu.compute_capability", ComputeCapability, "The least CUDA compute capability.", "7.5").nullable(),
    f("resources.gpu.vendor", Text, "The vendor of the GPU.", "nvidia").newer(),
    f("resources.disk", Disk, "The size of the disk; at least 50GB. A size without `..` is exact.", "200GB..").default("100GB..").nullable(),
    f("resources.disk.size", DiskRange, "The size of the disk; at least 50GB.", "200GB..").required(),
    f("resources.disk.size.min", Size, "At least this much.", "200GB").nullable(),
    f("resources.disk.size.max", Size, "At most this much.", "1TB").nullable(),
    f("ports", Ports, "Ports to reach from your machine: a number, `local:container`, `*:container` for any free one, or an object.", "[8080, \"8000:80\"]").default("[]"),
    f("ports[].local_port", Port, "The port on your machine; any that is free when not given.", "8080").nullable(),
    f("ports[].container_port", Port, "The port inside the environment.", "80").required(),
    f("backends", ChoiceList, "The backends to consider; all that are configured when not given.", "[aws, gcp]").nullable().values(BACKENDS),
    f("regions", TextList, "The regions to consider; all that are configured when not given.", "[eu-west-1, us-west4]").nullable(),
    f("instance_types", TextList, "The instance types to consider, by the cloud's own names.", "[p3.8xlarge, n1-standard-4]").nullable(),
    f("spot_policy", Choice, "Whether to use spot instances, on-demand instances, or both (`auto`).", "auto").default("on-demand").nullable().values(&["spot", "on-demand", "auto"]),
    f("retry_policy", Object, "Whether and how long to try again when no machine can be had.", "{retry: true, duration: 4h}").nullable(),
    f("retry_policy.retry", Boolean, "Whether to try again. A `duration` says yes by itself.", "true").default("false"),
    f("retry_policy.duration", Duration, "How long to keep trying.", "4h").nullable(),
    f("max_duration", DurationOrOff, "How long the run may last before it is stopped.", "8h").default("\"off\"").nullable(),
    f("max_price", Price, "The most to pay, in US dollars an hour.", "2.5").nullable(),
    f("pool_name", Text, "The pool of instances to use; the default one when not given.", "team").nullable(),
    f("instance_name", Text, "The instance of the pool to use.", "big-box").nullable(),
    f("creation_policy", Choice, "Whether only instances of the pool are used, or new ones as well.", "reuse").default("reuse-or-create").nullable().values(&["reuse", "reuse-or-create"]),
    f("termination_policy", Choice, "What happens to an instance that has no run.", "dont-destroy").default("destroy-after-idle").nullable().values(&["dont-destroy", "destroy-after-idle"]),
    f("termination_idle_time", Duration, "How long an instance without a run is kept.", "30m").default("5m").nullable(),
    // Came after 0.18; known by name, so that the answer is better than "unknown".
    f("name", Text, "The name of the run.", "my-env").newer(),
    f("user", Text, "The user inside the container.", "root").newer(),
    f("privileged", Boolean, "Whether the container is privileged.", "true").newer(),
    f("working_dir", Text, "The working directory.", "/workflow").newer(),
    f("nvcc", Boolean, "Whether the default image has nvcc.", "true").newer(),
    f("single_branch", Boolean, "Whether only one branch is cloned.", "true").newer(),
    f("shell", Text, "The shell that runs the commands.", "bash").newer(),
    f("priority", Integer, "Which run is served first.", "50").newer(),
    f("volumes", List, "Volumes to mount.", "[data:/data]").newer(),
    f("docker", Boolean, "Whether Docker can be used inside.", "true").newer(),
    f("repos", List, "Repositories to clone.", "[..]").newer(),
    f("files", List, "Files to copy.", "[.]").newer(),
    f("dstack", Boolean, "Whether the `dstack` command can be used inside.", "true").newer(),
    f("inactivity_duration", Duration, "How long the run may go unused before it is stopped.", "2h").newer(),
    f("availability_zones", TextList, "The availability zones to consider.", "[eu-west-1a]").newer(),
    f("reservation", Text, "A capacity reservation.", "r-1").newer(),
    f("retry", BooleanOrObject, "Whether to try again.", "true").newer(),
    f("stop_duration", Duration, "How long a stop may take.", "5m").newer(),
    f("idle_duration", Duration, "How long an idle instance is kept.", "5m").newer(),
    f("utilization_policy", Object, "The least GPU utilization.", "{min_gpu_utilization: 10, time_window: 1h}").newer(),
    f("startup_order", Text, "Which node starts first.", "any").newer(),
    f("stop_criteria", Text, "When a run of several nodes ends.", "all-done").newer(),
    f("schedule", Object, "When the run starts.", "{cron: \"0 8 * * 1-5\"}").newer(),
    f("fleets", TextList, "The fleets to use.", "[my-fleet]").newer(),
    f("instances", List, "The instances to use.", "[my-instance]").newer(),
    f("tags", Mapping, "Tags for cloud resources.", "{team: ml}").newer(),
    f("backend_options", List, "Options of single backends.", "[]").newer(),
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
        dialect: Dialect::V0_18,
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

    const fn newer(mut self) -> Self {
        self.dialect = Dialect::V0_22;
        self
    }
}
