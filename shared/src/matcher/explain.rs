//! What each constraint costs in choice and money, and what to relax.

use serde::Serialize;

use super::{Context, Requirements, relax, scan::Scan};
use crate::{catalog::Catalogue, config::IntRange};

/// Something in a configuration that rules offers out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// vCPUs.
    Cpu,
    /// RAM.
    Memory,
    /// Number of GPUs.
    GpuCount,
    /// GPU models.
    GpuName,
    /// Memory of each GPU.
    GpuMemory,
    /// Memory of all GPUs.
    GpuTotalMemory,
    /// CUDA compute capability.
    ComputeCapability,
    /// Disk.
    Disk,
    /// Price.
    MaxPrice,
    /// Spot or on-demand.
    Spot,
    /// Backends.
    Backends,
    /// Regions.
    Regions,
    /// Instance types.
    InstanceTypes,
    /// Only instances that exist already.
    Reuse,
}

impl Constraint {
    /// All of them, in the order in which a configuration is usually read.
    pub const ALL: [Self; 14] = [
        Self::Cpu,
        Self::Memory,
        Self::GpuName,
        Self::GpuMemory,
        Self::GpuCount,
        Self::GpuTotalMemory,
        Self::ComputeCapability,
        Self::Disk,
        Self::MaxPrice,
        Self::Spot,
        Self::Backends,
        Self::Regions,
        Self::InstanceTypes,
        Self::Reuse,
    ];

    /// The field that it comes from.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Cpu => "resources.cpu",
            Self::Memory => "resources.memory",
            Self::GpuCount => "resources.gpu.count",
            Self::GpuName => "resources.gpu.name",
            Self::GpuMemory => "resources.gpu.memory",
            Self::GpuTotalMemory => "resources.gpu.total_memory",
            Self::ComputeCapability => "resources.gpu.compute_capability",
            Self::Disk => "resources.disk",
            Self::MaxPrice => "max_price",
            Self::Spot => "spot_policy",
            Self::Backends => "backends",
            Self::Regions => "regions",
            Self::InstanceTypes => "instance_types",
            Self::Reuse => "creation_policy",
        }
    }
}

impl Requirements {
    /// The same with everything that `constraint` stands for taken from `other`.
    fn with_from(mut self, constraint: Constraint, other: &Self) -> Self {
        let other = other.clone();
        let gpu = other.gpu.clone().unwrap_or_default();
        match constraint {
            Constraint::Cpu => self.cpu = other.cpu,
            Constraint::Memory => self.memory = other.memory,
            Constraint::Disk => self.disk = other.disk,
            Constraint::MaxPrice => self.max_price = other.max_price,
            Constraint::Spot => self.spot = other.spot,
            Constraint::Backends => self.backends = other.backends,
            Constraint::Regions => self.regions = other.regions,
            Constraint::InstanceTypes => self.instance_types = other.instance_types,
            Constraint::Reuse => self.reuse_only = other.reuse_only,
            // Taking "no GPU condition" into "no GPU condition" leaves it one.
            _ if self.gpu.is_none() && other.gpu.is_none() => {}
            Constraint::GpuCount => self.gpu.get_or_insert_default().count = gpu.count,
            Constraint::GpuName => self.gpu.get_or_insert_default().names = gpu.names,
            Constraint::GpuMemory => self.gpu.get_or_insert_default().memory = gpu.memory,
            Constraint::GpuTotalMemory => self.gpu.get_or_insert_default().total_memory = gpu.total_memory,
            Constraint::ComputeCapability => {
                self.gpu.get_or_insert_default().compute_capability = gpu.compute_capability;
            }
        }
        self
    }

    /// The same without one constraint.
    #[must_use]
    pub fn without(&self, constraint: Constraint) -> Self {
        self.clone().with_from(constraint, &Self::default())
    }

    /// One constraint and nothing else.
    #[must_use]
    pub fn only(&self, constraint: Constraint) -> Self {
        Self::default().with_from(constraint, self)
    }

    /// Whether a constraint says anything.
    #[must_use]
    pub fn has(&self, constraint: Constraint) -> bool {
        let gpu = self.gpu.as_ref();
        match constraint {
            Constraint::Cpu => self.cpu != IntRange::default(),
            Constraint::Memory => self.memory.min.is_some() || self.memory.max.is_some(),
            Constraint::GpuCount => gpu.is_some_and(|gpu| gpu.count != IntRange::default()),
            Constraint::GpuName => gpu.is_some_and(|gpu| gpu.names.is_some()),
            Constraint::GpuMemory => gpu.is_some_and(|gpu| gpu.memory.is_some()),
            Constraint::GpuTotalMemory => gpu.is_some_and(|gpu| gpu.total_memory.is_some()),
            Constraint::ComputeCapability => gpu.is_some_and(|gpu| gpu.compute_capability.is_some()),
            Constraint::Disk => self.disk.is_some(),
            Constraint::MaxPrice => self.max_price.is_some(),
            Constraint::Spot => self.spot.is_some(),
            Constraint::Backends => self.backends.is_some(),
            Constraint::Regions => self.regions.is_some(),
            Constraint::InstanceTypes => self.instance_types.is_some(),
            Constraint::Reuse => self.reuse_only,
        }
    }
}

/// What each constraint costs, and what to relax.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// How many offers the backends of the context have in all.
    pub universe: usize,
    /// How many fit.
    pub total: usize,
    /// Each constraint that there is.
    pub constraints: Vec<ConstraintCost>,
    /// Single changes that give more offers: the nearest value first, then leaving the constraint out;
    /// within each, the cheapest first.
    pub relaxations: Vec<Relaxation>,
}

/// What a constraint costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConstraintCost {
    /// The constraint.
    pub constraint: Constraint,
    /// The field that it comes from.
    pub path: &'static str,
    /// How many of all offers it rules out on its own.
    pub rules_out: usize,
    /// How many would fit without it, everything else being as it is.
    pub without: usize,
    /// The lowest price among those, US dollars an hour.
    pub cheapest_without: Option<f64>,
}

/// A change of one constraint and what it would give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relaxation {
    /// The constraint.
    pub constraint: Constraint,
    /// The field to change.
    pub path: &'static str,
    /// What the change is, in words: "ask for 24 GB or more of GPU memory".
    pub description: String,
    /// Whether the constraint goes, as opposed to being widened.
    pub drops: bool,
    /// The requirements after the change.
    #[serde(skip)]
    pub requirements: Requirements,
    /// How many offers would fit.
    pub total: usize,
    /// The lowest price among them, US dollars an hour.
    pub cheapest: f64,
}

/// Says for each constraint what it costs, and which single changes bring offers (back).
///
/// Every number is counted by the pass that [`super::match_offers`] uses, so a change gives exactly
/// what is promised here.
#[must_use]
pub fn explain(catalogue: &Catalogue, requirements: &Requirements, context: &Context) -> Explanation {
    let count = |requirements: &Requirements| Scan::new(catalogue, requirements, context).count();
    let (universe, _) = count(&Requirements::default());
    let (total, _) = count(requirements);
    let mut explanation = Explanation { universe, total, ..Explanation::default() };
    for constraint in Constraint::ALL.into_iter().filter(|&constraint| requirements.has(constraint)) {
        let (satisfied, _) = count(&requirements.only(constraint));
        let loose = requirements.without(constraint);
        let (without, cheapest_without) = count(&loose);
        let path = constraint.path();
        let rules_out = universe.saturating_sub(satisfied);
        explanation.constraints.push(ConstraintCost {
            constraint,
            path,
            rules_out,
            without,
            cheapest_without,
        });
        if without <= total {
            continue;
        }
        let mut widest = total;
        for (description, changed) in relax::widen(catalogue, requirements, constraint, &loose, context) {
            if let (widened, Some(cheapest)) = count(&changed)
                && widened > total
            {
                widest = widest.max(widened);
                explanation.relaxations.push(Relaxation {
                    constraint,
                    path,
                    description,
                    drops: false,
                    requirements: changed,
                    total: widened,
                    cheapest,
                });
            }
        }
        if let Some(cheapest) = cheapest_without.filter(|_| without > widest) {
            explanation.relaxations.push(Relaxation {
                constraint,
                path,
                description: relax::drop_words(constraint).to_owned(),
                drops: true,
                requirements: loose,
                total: without,
                cheapest,
            });
        }
    }
    explanation.relaxations.sort_by(|a, b| a.drops.cmp(&b.drops).then(a.cheapest.total_cmp(&b.cheapest)));
    explanation
}
