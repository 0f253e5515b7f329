import Foundation

/// What the environment says about how long tests go on.
public enum TestSettings {
    /// A number from the environment, for runs at length.
    public static func count(_ name: String, default standard: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
    }
}
