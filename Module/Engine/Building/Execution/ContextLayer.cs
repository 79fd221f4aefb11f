using System.Text;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// A part of a context that a RUN mounts. It is mounted as a layer of its own, kept under its content: the step sees what .dockerignore lets it
/// see, nothing that changes meanwhile, and never the host's own directory.
/// </summary>
internal sealed class ContextLayer
{
    private readonly SourceTree _tree;
    private readonly FoundSource _source;
    private readonly ScannedNode _node;

    private ContextLayer(SourceTree tree, FoundSource source, ScannedNode node)
    {
        _tree = tree;
        _source = source;
        _node = node;
        using CacheKey key = new("context");
        CopyStep.Add(key.Add(source.Name), node, tree.KeepsOwners);
        Key = key.Finish();
    }

    internal Digest Key { get; }

    internal bool IsDirectory => _node.IsDirectory;

    /// <summary>Of a file.</summary>
    internal string Name => _source.Name;

    internal static ContextLayer Scan(SourceTree tree, Word word, CancellationToken cancel)
    {
        FoundSource source = tree.FindOne(word);
        using TreeScanner scanner = new(cancel);
        using SafeFileHandle parent = tree.OpenParent(source, out byte[] name);
        ScannedNode node = scanner.Scan((int)parent.DangerousGetHandle(), name, source.Path, tree.Filter) ?? throw SourceText.Error(
            word.Range, "CopySourceNotFound", $"'{word.Text}' is left out of {tree.Description}", "Check the rules of .dockerignore.",
            EngineErrorKind.ObjectNotFound);
        scanner.Finish();
        return new ContextLayer(tree, source, node);
    }

    /// <summary>Puts it into the store, if it is not there, and holds it for the build.</summary>
    internal Digest Write(BuildSession session, Action<string>? warning, CancellationToken cancel)
    {
        if (session.Services.Cache.Find(Key) is { Layer: { } known })
        {
            session.Hold(known);
            return known.DiffId;
        }

        ImageStore.HeldLayer layer = session.Services.Images.WriteLayer(
            writer =>
            {
                long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
                TargetTree target = new(null, writer, (0, 0), now, long.MaxValue);
                CopyWriter copy = new(target, writer, new CopyChange(_tree.KeepsOwners ? null : (0u, 0u), null), cancel);
                using SafeFileHandle parent = _tree.OpenParent(_source, out _);
                if (_node.IsDirectory)
                {
                    copy.CopyContents((int)parent.DangerousGetHandle(), _node, target.Root);
                }
                else
                {
                    copy.CopyFile((int)parent.DangerousGetHandle(), _node, target.Root, Encoding.UTF8.GetBytes(_source.Name));
                }

                return true;
            },
            warning, cancel)!;
        session.Hold(layer);
        session.Services.Cache.Write(new BuildCacheRecord
        {
            Key = Key.Hex, DiffId = layer.DiffId.ToString(), Instruction = $"({_tree.Description} for RUN --mount)", Created = DateTimeOffset.UtcNow,
        });
        return layer.DiffId;
    }
}
