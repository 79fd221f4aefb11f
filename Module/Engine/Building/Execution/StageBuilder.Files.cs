using System.Diagnostics;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <content>COPY, ADD, WORKDIR: layers that are written without a process.</content>
internal sealed partial class StageBuilder
{
    private Outcome Copy(FileInstruction copy, BuildStep step, Stopwatch time)
    {
        InstructionRules.Check(copy, _ => true);
        string destination = Destination(copy.Destination);
        using CopySources sources = new(this, copy, step);
        _state.Unknown |= sources.Unknown || (_state.Elsewhere && copy.Chown is { } owner && owner.Text.Any(char.IsAsciiLetter));
        CopyStep work = new(copy, destination, Request.SourceDateEpoch, cancel);
        using RootedDirectory? root = _state.HasFiles ? session.OpenRoot(_state) : null;
        RootedDirectory? below = copy.Link ? null : root;
        return Layer(
            step, time,
            () =>
            {
                work.Prepare(sources.Open(), root);
                return work.Key(copy.Link ? null : _state.Content);
            },
            CreatedBy(copy),
            () => session.Services.Images.WriteLayer(writer => work.Write(below, writer), Request.Warning, cancel));
    }

    /// <summary>The destination from the root on; a slash at its end, or a last ".", means a directory.</summary>
    private string Destination(Word word)
    {
        string text = word.Text;
        bool directory = text.EndsWith('/') || text == "." || text.EndsWith("/.", StringComparison.Ordinal) || text == ".." || text.EndsWith("/..", StringComparison.Ordinal);
        string path = ConfigInstructions.Resolve(_state.Config.Config.WorkingDir, text);
        return directory && path != "/" ? path + "/" : path;
    }

    /// <summary>The files of a stage, a named context or an image.</summary>
    /// <param name="unknown">It is not there, because nothing is to be done.</param>
    private SourceTree? OpenTree(Word from, out bool unknown)
    {
        if (session.Graph.FindSource(from, _stage) is int index)
        {
            StageState state = session.Stage(index, cancel);
            unknown = !state.HasFiles;
            if (unknown)
            {
                return null;
            }

            RootedDirectory root = session.OpenRoot(state) ?? throw SourceText.Error(
                from.Range, "CopySourceNotFound", $"the stage '{from.Text}' has no files", "Copy something into it first.", EngineErrorKind.ObjectNotFound);
            return new SourceTree(root, null, keepsOwners: true, $"stage '{from.Text}'");
        }

        NamedContext? named = session.Input.FindNamed(from.Text);
        if (named?.Tree is { } tree)
        {
            unknown = false;
            return tree.Borrow();
        }

        ImageRecord? image = session.Image(named?.ImageAt(from) ?? from, Request.Platform, cancel);
        unknown = image is null;
        return image is null ? null : new SourceTree(session.Services.Storage(null).OpenRoot(image, null), null, keepsOwners: true, $"image '{from.Text}'");
    }

    /// <summary>As moby/buildkit writes it.</summary>
    private static string CreatedBy(FileInstruction copy)
    {
        List<string> words = [copy.Name];
        if (copy is CopyInstruction { Parents: true })
        {
            words.Add("--parents");
        }

        if (copy.Chown is { } chown)
        {
            words.Add("--chown=" + chown.Text);
        }

        if (copy.Chmod is { } chmod)
        {
            words.Add("--chmod=" + chmod.Text);
        }

        if (copy is AddInstruction { Checksum: { } checksum })
        {
            words.Add("--checksum=" + checksum.Text);
        }

        if (copy.Link)
        {
            words.Add("--link");
        }

        words.AddRange(copy.Excludes.Select(exclude => "--exclude=" + exclude.Text));
        words.AddRange(copy.Sources.Select(source => source.Text));
        words.AddRange(copy.Contents.Select(content => "<<" + content.Name));
        words.Add(copy.Destination.Text);
        words.Add("# buildkit");
        return string.Join(' ', words);
    }

    /// <summary>The directory is made where it is missing, and belongs to the stage's user, as docker has it.</summary>
    private Outcome WorkDir(WorkdirInstruction workdir, BuildStep step, Stopwatch time)
    {
        InstructionRules.Check(workdir, _ => true);
        ImageDefaults config = _state.Config.Config;
        string path = ConfigInstructions.Resolve(config.WorkingDir, workdir.Path.Text);
        string user = config.User ?? "";
        Outcome outcome = Layer(
            step, time,
            () =>
            {
                using CacheKey key = new("workdir");
                return key.Add(_state.Content).Add(path).Add(user).Add(Request.SourceDateEpoch?.ToUnixTimeSeconds() ?? -1).Finish();
            },
            "WORKDIR " + path,
            () => session.Services.Images.WriteLayer(writer => MakeDirectory(path, user, writer), Request.Warning, cancel));
        _state.Config = _state.Config with { Config = config with { WorkingDir = path } };
        return outcome;
    }

    private bool MakeDirectory(string path, string user, TarWriter writer)
    {
        using RootedDirectory? root = session.OpenRoot(_state);
        (uint, uint) owner = (0, 0);
        if (user.Length > 0 && root is not null)
        {
            owner = FileOwner.Resolve(user, root);
        }

        long now = (Request.SourceDateEpoch ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds();
        TargetTree target = new(root, writer, owner, now, Request.SourceDateEpoch?.ToUnixTimeSeconds() ?? long.MaxValue);
        if (target.IsDirectory(path))
        {
            return false;
        }

        TargetDirectory directory = target.Walk(target.Root, path) ?? throw new EngineException(
            EngineErrorKind.InvalidOperation, "CopyConflict", $"'{path}' is a file, or a link that leads nowhere.", path, "Choose another directory.");
        target.Require(directory);
        return target.Any;
    }
}
