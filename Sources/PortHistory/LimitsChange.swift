import PortModel

/// From this sample on a namespace had these limits.
public struct LimitsChange: Hashable, Sendable {
    /// The sample that first saw them.
    public var sample: Int
    /// The number of the namespace.
    public var namespace: Int
    /// What was in force.
    public var limits: PortLimits

    /// A change of its properties.
    public init(sample: Int, namespace: Int, limits: PortLimits) {
        self.sample = sample
        self.namespace = namespace
        self.limits = limits
    }
}
