import PortModel

/// When something is seen: stories are told by the wall clock, times between by one that does not jump.
public struct Moment: Hashable, Sendable {
    /// The wall clock.
    public var wall: Timestamp
    /// CLOCK_BOOTTIME in milliseconds.
    public var boot: Int64

    /// A moment of both clocks.
    public init(wall: Timestamp, boot: Int64) {
        self.wall = wall
        self.boot = boot
    }
}
