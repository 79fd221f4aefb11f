using System.Globalization;
using System.Text;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// A COPY or ADD, in two halves: what it copies is scanned, which gives the key; if nothing is known under that key, a layer is written. No
/// process runs for it.
/// </summary>
internal sealed class CopyStep(FileInstruction instruction, string destination, DateTimeOffset? epoch, CancellationToken cancel)
{
    private readonly List<Item> _items = [];
    private (uint Uid, uint Gid)? _owner;
    private ModeChange? _mode;

    /// <param name="Tree">Where it is.</param>
    /// <param name="Source">What was found.</param>
    /// <param name="Node">What the scan saw.</param>
    /// <param name="Above">With --parents: the directories that are kept above it; null where not even its own name is.</param>
    /// <param name="Place">The source that it was found by.</param>
    private sealed record Item(SourceTree Tree, FoundSource Source, ScannedNode Node, string? Above, CopySource Place)
    {
        /// <summary>If it is an archive, what is in it is copied.</summary>
        internal bool Unpack => Place.Unpack;
    }

    /// <summary>Resolves names and modes, and scans the sources.</summary>
    /// <param name="sources">Where the sources are; empty where there are only documents.</param>
    /// <param name="root">The root of the stage, for the names of accounts; null where it has no layers.</param>
    internal void Prepare(IReadOnlyList<CopySource> sources, RootedDirectory? root)
    {
        _owner = Owner(root);
        _mode = instruction.Chmod is { } wanted ? InstructionRules.Mode(wanted) : null;
        if (sources.Count == 0)
        {
            return;
        }

        IgnoreFile? excluded = Excluded();
        using TreeScanner scanner = new(cancel);
        foreach (CopySource place in sources)
        {
            SourceTree tree = place.Tree;
            foreach (FoundSource source in tree.Find(place.Word, instruction is CopyInstruction { Parents: true }))
            {
                using SafeFileHandle parent = tree.OpenParent(source, out byte[] name);
                ITreeFilter? seen = excluded is null ? tree.Filter : new ExcludeFilter(tree.Filter, source, excluded);
                if (scanner.Scan((int)parent.DangerousGetHandle(), name, source.Path, seen) is { } node)
                {
                    _items.Add(new Item(tree, source, node, Above(place.Word, source), place));
                }
            }
        }

        scanner.Finish();
        if (_items.Count == 0 && instruction.Contents.Count == 0 && !sources.All(place => PathPattern.IsWildcard(place.Word.Text)))
        {
            throw SourceText.Error(
                instruction.Range, "CopySourceNotFound", "there is nothing to copy: every source is left out", "Check the rules of .dockerignore and --exclude.",
                EngineErrorKind.ObjectNotFound);
        }
    }

    /// <summary>What the layer depends on.</summary>
    /// <param name="content">The stage's files; null where the layer does not depend on them.</param>
    internal Digest Key(string? content)
    {
        using CacheKey key = new(instruction is AddInstruction ? "add" : "copy");
        key.Add(content).Add(destination).Add(IsSeveral ? 1 : 0).Add(_mode?.ToString()).Add(epoch?.ToUnixTimeSeconds() ?? -1);
        key.Add(_owner is { } owner ? string.Create(CultureInfo.InvariantCulture, $"{owner.Uid}:{owner.Gid}") : null);
        key.Add(_items.Count);
        foreach (Item item in _items)
        {
            key.Add(item.Source.Name).Add(item.Above).Add(item.Unpack ? 1 : 0);
            if (item.Place.Identity is { } identity)
            {
                key.Add(identity).AddAll(instruction.Excludes.Select(word => word.Text));
            }
            else
            {
                Add(key, item.Node, keepsOwners: item.Tree.KeepsOwners && _owner is null);
            }
        }

        foreach (Heredoc heredoc in instruction.Contents)
        {
            key.Add(heredoc.Name).Add(heredoc.Text);
        }

        return key.Finish();
    }

    /// <summary>Writes the layer.</summary>
    /// <param name="root">The root of the stage; null where the layer does not depend on it.</param>
    internal bool Write(RootedDirectory? root, TarWriter writer)
    {
        long now = (epoch ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
        long latest = epoch?.ToUnixTimeSeconds() ?? long.MaxValue;
        (uint Uid, uint Gid) made = _owner ?? (0, 0);
        TargetTree target = new(root, writer, made, now, latest);
        bool isDirectory = IsDirectory(target);
        foreach (Item item in _items)
        {
            (uint, uint)? owner = _owner ?? (item.Tree.KeepsOwners ? null : (0u, 0u));
            CopyWriter copy = new(target, writer, new CopyChange(owner, _mode), cancel);
            using SafeFileHandle parent = item.Tree.OpenParent(item.Source, out _);
            int directory = (int)parent.DangerousGetHandle();
            if (item.Node.IsDirectory)
            {
                string place = item.Above is null ? destination : Join(destination, item.Above, item.Source.Name);
                copy.CopyContents(directory, item.Node, Into(target, place), itself: item.Above is not null);
                continue;
            }

            (TargetDirectory into, string name) = isDirectory || item.Above is { Length: > 0 }
                ? (Into(target, Join(destination, item.Above ?? "", "")), item.Source.Name)
                : Split(target, destination);
            if (item.Unpack && LocalArchive.IsArchive(directory, item.Node))
            {
                LocalArchive.Unpack(directory, item.Node, target, isDirectory ? into : Into(target, destination), writer, latest, cancel);
                continue;
            }

            copy.CopyFile(directory, item.Node, into, Encoding.UTF8.GetBytes(name));
        }

        foreach (Heredoc heredoc in instruction.Contents)
        {
            WriteDocument(target, writer, heredoc, isDirectory, now);
        }

        return target.Any;
    }

    private static string Join(string destination, string above, string name) =>
        string.Join('/', new[] { destination.TrimEnd('/'), above, name }.Where(part => part.Length > 0)) is { Length: > 0 } path ? path : "/";

    /// <summary>Several sources, also where some of them match nothing: what is there today does not make another thing of the destination.</summary>
    private bool IsSeveral => Math.Max(_items.Count, instruction.Sources.Count) + instruction.Contents.Count != 1;

    /// <summary>A slash at the end, several sources, or a directory that is there.</summary>
    private bool IsDirectory(TargetTree target) => destination.EndsWith('/') || IsSeveral || target.IsDirectory(destination);

    private TargetDirectory Into(TargetTree target, string path) => target.Walk(target.Root, path) ?? throw SourceText.Error(
        instruction.Destination.Range, "CopyConflict", $"'{path}' is no directory, or a link that leads nowhere", "Choose another destination.",
        EngineErrorKind.InvalidOperation);

    private (TargetDirectory Into, string Name) Split(TargetTree target, string path)
    {
        int slash = path.LastIndexOf('/');
        return (Into(target, slash <= 0 ? "/" : path[..slash]), path[(slash + 1)..]);
    }

    private void WriteDocument(TargetTree target, TarWriter writer, Heredoc heredoc, bool isDirectory, long now)
    {
        (TargetDirectory into, string name) = isDirectory ? (Into(target, destination), heredoc.Name) : Split(target, destination);
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (target.Look(into, bytes, out _, out _) == TargetTree.Found.Directory)
        {
            throw CopyWriter.Conflict(into, bytes, "a file cannot replace a directory");
        }

        byte[] content = Encoding.UTF8.GetBytes(heredoc.Text);
        target.BeginFile(into, bytes, TarEntryType.File);
        target.Entry.Mode = _mode?.Apply(0x1A4, false) ?? 0x1A4;
        (target.Entry.Uid, target.Entry.Gid) = _owner ?? (0, 0);
        target.Entry.Size = content.Length;
        target.Entry.Seconds = now;
        target.Write();
        if (content.Length > 0)
        {
            writer.WriteData(content);
            writer.EndData();
        }
    }

    /// <summary>What of a source's path is kept with --parents: its directories, from a "./" in the middle on.</summary>
    private string? Above(Word word, FoundSource source)
    {
        if (instruction is not CopyInstruction { Parents: true })
        {
            return null;
        }

        int pivot = word.Text.IndexOf("/./", StringComparison.Ordinal);
        int skip = pivot < 0 ? 0 : word.Text[..pivot].Split('/', StringSplitOptions.RemoveEmptyEntries).Count(part => part != ".");
        string[] parts = source.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return skip >= parts.Length ? null : string.Join('/', parts.Skip(skip).SkipLast(1));
    }

    internal static void Add(CacheKey key, ScannedNode node, bool keepsOwners)
    {
        key.Add(node.BareName).Add(node.Status.stx_mode).Add(node.OnlyForChildren ? 1 : 0);
        if (keepsOwners)
        {
            key.Add(node.Status.stx_uid).Add(node.Status.stx_gid);
        }

        key.Add(node.Content).Add(node.Link).Add(node.Attributes.Count);
        foreach (ExtendedAttribute attribute in node.Attributes)
        {
            key.Add(attribute.Name).Add(attribute.Value);
        }

        if (node.Type is Libc.S_IFCHR or Libc.S_IFBLK)
        {
            key.Add(node.Status.stx_rdev_major).Add(node.Status.stx_rdev_minor);
        }

        key.Add(node.Children?.Count ?? -1);
        foreach (ScannedNode child in node.Children ?? [])
        {
            Add(key, child, keepsOwners);
        }
    }

    private (uint Uid, uint Gid)? Owner(RootedDirectory? root)
    {
        if (instruction.Chown is not { } word || word.Text.Length == 0)
        {
            return null;
        }

        try
        {
            return FileOwner.Resolve(word.Text, root);
        }
        catch (EngineException e)
        {
            throw SourceText.Error(word.Range, e.ErrorId, e.Message, e.Action, e.Kind, e);
        }
    }

    private IgnoreFile? Excluded()
    {
        try
        {
            return instruction.Excludes.Count == 0 ? null : IgnoreFile.FromPatterns(instruction.Excludes.Select(word => word.Text));
        }
        catch (FormatException e)
        {
            throw SourceText.Error(instruction.Excludes[0].Range, "InvalidDockerfile", $"--exclude is no pattern: {e.Message}", inner: e);
        }
    }

    /// <summary>--exclude: relative to the source that is copied, by the rules of .dockerignore.</summary>
    private sealed class ExcludeFilter(ITreeFilter? inner, FoundSource source, IgnoreFile patterns) : ITreeFilter
    {
        public bool IsExcluded(string path, bool isDirectory) =>
            inner?.IsExcluded(path, isDirectory) == true || patterns.IsExcluded(Relative(path), isDirectory);

        public bool MayHoldIncluded(string path) =>
            (inner?.IsExcluded(path, isDirectory: true) != true || inner.MayHoldIncluded(path))
            && (!patterns.IsExcluded(Relative(path), isDirectory: true) || patterns.MayHoldIncluded(Relative(path)));

        private string Relative(string path) => path.Length == source.Path.Length ? source.Name
            : source.Path.Length == 0 ? path
            : path[(source.Path.Length + 1)..];
    }
}
