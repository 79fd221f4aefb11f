using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Containers.Engine.Registry.Configuration;

/// <summary>One file of registries.conf's format, read from Tomlyn's syntax tree: no reflection, and every error has its line.</summary>
internal sealed class RegistriesFile
{
    private const int MaximumSize = 1 << 20;

    private readonly string _path;
    private readonly List<Draft> _drafts = [];

    private RegistriesFile(string path) => _path = path;

    internal IEnumerable<RegistryEntry> Entries => _drafts.Select(d => d.Finish(this));

    internal Dictionary<string, string> Aliases { get; } = new(StringComparer.Ordinal);

    /// <summary>Null where the file says nothing about it.</summary>
    internal IReadOnlyList<string>? Search { get; private set; }

    /// <exception cref="EngineException">RegistriesConfInvalid.</exception>
    internal static RegistriesFile? Read(string path, bool optional)
    {
        string text;
        try
        {
            if (new FileInfo(path).Length > MaximumSize)
            {
                throw Invalid(path, "is larger than 1 MiB");
            }

            text = File.ReadAllText(path);
        }
        catch (Exception e) when (optional && e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Invalid(path, "cannot be read: " + e.Message.TrimEnd('.'), e);
        }

        DocumentSyntax document = SyntaxParser.Parse(text, path, validate: true);
        if (document.HasErrors)
        {
            DiagnosticMessage first = document.Diagnostics[0];
            throw Invalid(path, $"is malformed ({first.Message.TrimEnd('.')}, line {first.Span.Start.Line + 1})");
        }

        RegistriesFile file = new(path);
        file.Load(document);
        return file;
    }

    private void Load(DocumentSyntax document)
    {
        foreach (KeyValueSyntax pair in document.KeyValues)
        {
            if (Name(pair.Key) == "unqualified-search-registries")
            {
                Search = [.. Items(pair).Select(i => Text(i, pair))];
            }
            else if (Name(pair.Key) == "registry")
            {
                Items(pair).ToList().ForEach(i => LoadInline(i, pair));
            }
        }

        foreach (TableSyntaxBase table in document.Tables)
        {
            switch (Name(table.Name))
            {
                case "registry":
                    Draft draft = new();
                    _drafts.Add(draft);
                    Fill(draft, table.Items);
                    break;
                case "registry.mirror" when _drafts.Count > 0:
                    _drafts[^1].Mirrors.Add(Mirror(table.Items));
                    break;
                case "aliases":
                    foreach (KeyValueSyntax pair in table.Items)
                    {
                        Aliases[Name(pair.Key)] = Text(pair.Value, pair);
                    }

                    break;
                case "registries.search" or "registries.insecure" or "registries.block":
                    throw Invalid(_path, "is of version 1, which nobody reads any more");
            }
        }
    }

    private void LoadInline(ValueSyntax? value, KeyValueSyntax pair)
    {
        Draft draft = new();
        _drafts.Add(draft);
        Fill(draft, Inline(value, pair));
    }

    private void Fill(Draft draft, IEnumerable<KeyValueSyntax> items)
    {
        foreach (KeyValueSyntax pair in items)
        {
            switch (Name(pair.Key))
            {
                case "prefix":
                    draft.Prefix = Text(pair.Value, pair);
                    break;
                case "location":
                    draft.Location = Text(pair.Value, pair);
                    break;
                case "insecure":
                    draft.Insecure = Flag(pair);
                    break;
                case "blocked":
                    draft.Blocked = Flag(pair);
                    break;
                case "mirror-by-digest-only":
                    draft.DigestOnly = Flag(pair);
                    break;
                case "mirror":
                    draft.Mirrors.AddRange(Items(pair).Select(i => Mirror(Inline(i, pair))));
                    break;
            }
        }
    }

    private MirrorEntry Mirror(IEnumerable<KeyValueSyntax> items)
    {
        string location = "";
        bool insecure = false;
        string from = "";
        foreach (KeyValueSyntax pair in items)
        {
            switch (Name(pair.Key))
            {
                case "location":
                    location = Text(pair.Value, pair);
                    break;
                case "insecure":
                    insecure = Flag(pair);
                    break;
                case "pull-from-mirror":
                    from = Text(pair.Value, pair);
                    break;
            }
        }

        return location.Length > 0 ? new MirrorEntry(location.TrimEnd('/'), insecure, from)
            : throw Invalid(_path, "has a mirror without a location");
    }

    private string Text(ValueSyntax? value, KeyValueSyntax pair) =>
        value is StringValueSyntax { Value: { } text } ? text : throw Wrong(pair, "a text");

    private bool Flag(KeyValueSyntax pair) => pair.Value is BooleanValueSyntax flag ? flag.Value : throw Wrong(pair, "true or false");

    private IEnumerable<ValueSyntax?> Items(KeyValueSyntax pair) =>
        pair.Value is ArraySyntax array ? array.Items.Select(i => i.Value) : throw Wrong(pair, "a list");

    private IEnumerable<KeyValueSyntax> Inline(ValueSyntax? value, KeyValueSyntax pair) =>
        value is InlineTableSyntax table ? table.Items.Select(i => i.KeyValue!) : throw Wrong(pair, "tables");

    /// <summary>The parts joined by dots, without quotes.</summary>
    private static string Name(KeySyntax? key) =>
        key is null ? "" : string.Join('.', new[] { key.Key }.Concat(key.DotKeys.Select(d => d.Key)).Select(Part));

    private static string Part(BareKeyOrStringValueSyntax? part) => part switch
    {
        StringValueSyntax quoted => quoted.Value ?? "",
        BareKeySyntax bare => bare.Key?.Text ?? "",
        _ => "",
    };

    private EngineException Wrong(KeyValueSyntax pair, string expected) =>
        Invalid(_path, $"has something else than {expected} for \"{Name(pair.Key)}\" in line {pair.Span.Start.Line + 1}");

    private static EngineException Invalid(string path, string what, Exception? inner = null) => new(
        EngineErrorKind.InvalidData, "RegistriesConfInvalid", $"The file \"{path}\" {what}.", path,
            "Correct it; man containers-registries.conf tells how.", inner);

    private sealed class Draft
    {
        internal string Prefix { get; set; } = "";

        internal string Location { get; set; } = "";

        internal bool Insecure { get; set; }

        internal bool Blocked { get; set; }

        internal bool DigestOnly { get; set; }

        internal List<MirrorEntry> Mirrors { get; } = [];

        internal RegistryEntry Finish(RegistriesFile file)
        {
            string prefix = (Prefix.Length > 0 ? Prefix : Location).TrimEnd('/');
            return prefix.Length == 0 ? throw Invalid(file._path, "has a registry without prefix and location") : new RegistryEntry
            {
                Prefix = prefix,
                Location = Location.TrimEnd('/'),
                Insecure = Insecure,
                Blocked = Blocked,
                Mirrors = [.. Mirrors.Select(m => m.PullFrom.Length > 0 ? m : m with { PullFrom = DigestOnly ? "digest-only" : "all" })],
            };
        }
    }
}
