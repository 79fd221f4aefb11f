using System.Globalization;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

internal sealed partial class StageBuilder
{
    /// <summary>The trees that the sources of a COPY or ADD are in; what comes from elsewhere is fetched, and gone when this is disposed.</summary>
    private sealed class CopySources : IDisposable
    {
        private readonly StageBuilder _stage;
        private readonly FileInstruction _copy;
        private readonly BuildStep _step;
        private readonly List<IDisposable> _held = [];
        private readonly SourceTree? _local;

        /// <summary>Opens what is on this host.</summary>
        internal CopySources(StageBuilder stage, FileInstruction copy, BuildStep step)
        {
            (_stage, _copy, _step) = (stage, copy, step);
            Word? first = copy.Sources.FirstOrDefault(word => !RemoteSource.IsFetched(copy, word));
            if (first is null)
            {
                return;
            }

            bool unknown = false;
            _local = copy is CopyInstruction { From: { } from } ? stage.OpenTree(from, out unknown)
                : stage.Session.Input.Context?.Borrow() ?? throw BuildPreflight.ContextMissing(first.Range, "to copy from");
            Unknown = unknown;
            Hold(_local);
        }

        /// <summary>The sources are not there, because nothing is done.</summary>
        internal bool Unknown { get; }

        /// <summary>Fetches the rest.</summary>
        /// <exception cref="EngineException">DownloadFailed, ChecksumMismatch, GitFailed and their kin, with their place.</exception>
        internal List<CopySource> Open()
        {
            AddInstruction? add = _copy as AddInstruction;
            List<CopySource> sources = [];
            foreach (Word word in _copy.Sources)
            {
                if (!RemoteSource.IsFetched(_copy, word))
                {
                    sources.Add(new CopySource(word, _local!, Unpack: add is { Unpack: not false }));
                    continue;
                }

                try
                {
                    sources.Add(GitReference.TryParse(word.Text, out GitReference? reference, out string? fault)
                        ? Repository(word, reference, fault, add!)
                        : WebFile(word, add!));
                }
                catch (EngineException e)
                {
                    SourceRange range = e.ErrorId is "ChecksumMismatch" or "InvalidChecksum" && add!.Checksum is { } checksum ? checksum.Range : word.Range;
                    throw SourceText.Error(range, e.ErrorId, e.Message, e.Action, e.Kind, e);
                }
            }

            return sources;
        }

        public void Dispose()
        {
            _held.Reverse();
            _held.ForEach(one => one.Dispose());
        }

        private void Hold(IDisposable? thing)
        {
            if (thing is not null)
            {
                _held.Add(thing);
            }
        }

        private CopySource Repository(Word word, GitReference reference, string? fault, AddInstruction add)
        {
            if (fault is not null)
            {
                throw new EngineException(
                    EngineErrorKind.InvalidArgument, "InvalidAddress", $"'{RemoteSource.Shown(word.Text)}' is no repository: {fault}.",
                    RemoteSource.Shown(word.Text),
                    "Write it as https://host/path.git#branch:directory.");
            }

            bool keep = add.KeepGitDirectory ?? reference.KeepGitDirectory ?? false;
            BuildContext context = _stage.Session.Opener.OpenGit(reference, add.Checksum?.Text, keep, _stage.Cancel);
            Hold(context);

            // A repository's own directory has times and numbers of files in it: the commit says what it is.
            return new CopySource(
                word with { Text = "." }, new SourceTree(context.Root, null, keepsOwners: false, $"'{reference.Shown}'"), Unpack: false,
                keep && reference.Directory.Length == 0 ? $"{reference.Shown} {context.Identity}" : null);
        }

        /// <summary>In a directory of its own, under its name, with the server's time and mode 0600, as docker has it.</summary>
        private CopySource WebFile(Word word, AddInstruction add)
        {
            ContextFolder folder = new(_stage.Scratch.Directory);
            Hold(folder);
            DownloadOptions options = new()
            {
                Checksum = add.Checksum?.Text,
                Store = new DownloadStore(_stage.Session.Services.DataRoot),
                Report = (received, total) => _stage.Session.Tell(new BuildDownload(_step, received, total)),
            };
            WebFile file = Context.WebFile.Download(word.Text, folder.Path, options, _stage.Cancel);
            string directory = folder.MakeDirectory();
            string path = Path.Join(directory, file.Name);
            File.Move(file.Path, path);
            File.SetLastWriteTimeUtc(path, (file.Modified ?? DateTimeOffset.UnixEpoch).UtcDateTime);
            RootedDirectory root = RootedDirectory.Open(directory);
            Hold(root);
            return new CopySource(
                word with { Text = Escape(file.Name) }, new SourceTree(root, null, keepsOwners: false, $"'{RemoteSource.Shown(word.Text)}'"),
                Unpack: add.Unpack == true);
        }

        /// <summary>The name alone, whatever is in it.</summary>
        private static string Escape(string name) =>
            string.Concat(name.Select(c => c is '*' or '?' or '[' or '\\' ? string.Create(CultureInfo.InvariantCulture, $"\\{c}") : c.ToString()));
    }
}
