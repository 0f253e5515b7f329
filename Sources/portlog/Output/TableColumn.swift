/// One column of a table: its header, and what it shows of an entry.
struct TableColumn<Entry> {
    /// To which side the cells of a column are moved.
    enum Alignment: Sendable {
        /// Text.
        case left
        /// Numbers.
        case right
    }

    /// The header.
    var header: String
    /// To which side the cells are moved.
    var alignment: Alignment
    /// The text of a cell. It is escaped later, always; an empty one is shown as `-`.
    var text: (Entry) -> String
    /// How a cell is emphasised, if at all.
    var emphasis: (Entry) -> Emphasis?

    /// A column of text: `TableColumn("STATE", \.state)`, or with a closure, and another one that says what stands out.
    init(
        _ header: String, align alignment: Alignment = .left, _ text: @escaping (Entry) -> String,
        emphasis: @escaping (Entry) -> Emphasis? = { _ in nil }
    ) {
        self.header = header
        self.alignment = alignment
        self.text = text
        self.emphasis = emphasis
    }

    /// A column of whole numbers, moved to the right; `-` for none.
    init(
        _ header: String, number: @escaping (Entry) -> (some BinaryInteger)?,
        emphasis: @escaping (Entry) -> Emphasis? = { _ in nil }
    ) {
        self.init(header, align: .right, { number($0).map { String($0) } ?? "-" }, emphasis: emphasis)
    }
}
