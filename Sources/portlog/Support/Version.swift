/// The version of this program.
enum Version {
    /// What `portlog --version` prints, and what records itself in new histories.
    static let current = "0.1.0"
}
