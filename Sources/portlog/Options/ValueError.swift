/// Why the text of an option's value is refused. The description follows the text itself in the message, so it says
/// what is wrong and what is allowed.
struct ValueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and what is allowed.
    var description: String

    /// An error of its description.
    init(_ description: String) {
        self.description = description
    }
}
