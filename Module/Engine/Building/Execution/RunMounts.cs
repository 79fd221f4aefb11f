using System.Globalization;
using System.Text;
using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Launch;
using Containers.Engine.Lifecycle;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Building.Execution;

internal sealed partial class StageBuilder
{
    /// <summary>What a RUN has mounted: looked up for its key, prepared when it runs, given back afterwards.</summary>
    private sealed partial class RunMounts(StageBuilder stage, RunInstruction run) : IDisposable
    {
        private readonly List<PlannedMount> _planned = [];
        private readonly List<BoundTree> _trees = [];
        private readonly Stack<IDisposable> _held = new();
        private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);

        /// <summary>A tree that a bind mount shows.</summary>
        /// <param name="Content">What the key says of it.</param>
        /// <param name="Image">The layers that hold it; null where they are made when the step runs.</param>
        /// <param name="SubPath">The part of it; empty for all.</param>
        private sealed record BoundTree(RunMount Mount, string Content, ImageRecord? Image, string SubPath, ContextLayer? Context);

        /// <summary>Where they appear: places that nobody wrote.</summary>
        internal IReadOnlyList<string> Targets => [.. _planned.Select(mount => mount.Spec.Target)];

        /// <summary>A source that is not known, because nothing is done.</summary>
        internal bool Unknown { get; private set; }

        /// <summary>Looks up what the key depends on.</summary>
        internal void Find()
        {
            foreach (RunMount mount in run.Mounts.Where(mount => mount.Type == RunMountType.Bind))
            {
                if (FindTree(mount) is { } tree)
                {
                    _trees.Add(tree);
                }
                else
                {
                    Unknown = true;
                }
            }
        }

        /// <summary>Of a cache only its name, of a secret only that it is asked for: neither may change what a step comes to.</summary>
        internal void AddTo(CacheKey key)
        {
            key.Add(run.Mounts.Count);
            foreach (RunMount mount in run.Mounts)
            {
                key.Add(mount.Type.ToString()).Add(TargetOf(mount)).Add(mount.ReadOnly ? 1 : 0);
                switch (mount.Type)
                {
                    case RunMountType.Bind:
                        BoundTree tree = _trees.Find(one => ReferenceEquals(one.Mount, mount))!;
                        key.Add(tree.Content).Add(tree.SubPath);
                        break;
                    case RunMountType.Cache:
                        key.Add(CacheId(mount)).Add(mount.From?.Text).Add(mount.Source);
                        break;
                    case RunMountType.Tmpfs:
                        key.Add(mount.Size);
                        break;
                    default:
                        key.Add(IdOf(mount)).Add(mount.Variable).Add(mount.Mode ?? 0).Add(mount.Uid ?? 0).Add(mount.Gid ?? 0);
                        break;
                }
            }
        }

        /// <summary>Makes what is to be mounted.</summary>
        internal BuildLaunch Prepare(CancellationToken cancel)
        {
            if (run.Script.ScriptName is { } name)
            {
                PrepareScript(name, run.Script.ScriptText!);
            }

            SecretFile secrets = new();
            _held.Push(secrets);
            int agents = 0;

            // In one order for all builds: two steps that wait for each other's caches would wait for ever.
            foreach (RunMount mount in run.Mounts.Where(mount => mount.Type == RunMountType.Cache).OrderBy(CacheId, StringComparer.Ordinal))
            {
                PrepareCache(mount, cancel);
            }

            foreach (RunMount mount in run.Mounts)
            {
                switch (mount.Type)
                {
                    case RunMountType.Bind:
                        PrepareTree(_trees.Find(one => ReferenceEquals(one.Mount, mount))!, cancel);
                        break;
                    case RunMountType.Tmpfs:
                        _planned.Add(PlannedMount.Tmpfs(new MountSpec
                        {
                            Type = MountType.Tmpfs, Target = TargetOf(mount), Size = mount.Size > 0 ? mount.Size : null, NoSuid = true, NoDev = true,
                        }));
                        break;
                    case RunMountType.Secret:
                        PrepareSecret(mount, secrets);
                        break;
                    case RunMountType.Ssh:
                        PrepareAgent(mount, agents++);
                        break;
                }
            }

            return new BuildLaunch { Mounts = _planned, Secrets = secrets.Handle, SecretVariables = _variables };
        }

        public void Dispose()
        {
            while (_held.TryPop(out IDisposable? thing))
            {
                thing.Dispose();
            }
        }

        private static EngineException Error(RunMount mount, string errorId, string message, string? action, EngineErrorKind kind) =>
            SourceText.Error(mount.Written.Range, errorId, message, action, kind);

        private static string IdOf(RunMount mount) => mount.Type == RunMountType.Ssh ? mount.AgentId : mount.SecretId;

        /// <summary>As docker has it: what has no id is known by its place.</summary>
        private string CacheId(RunMount mount) => mount.Id.Length > 0 ? mount.Id : TargetOf(mount);

        private string TargetOf(RunMount mount)
        {
            string target = mount.Target.Length > 0 ? mount.Target : mount.Type == RunMountType.Secret ? "/run/secrets/" + IdOf(mount) : "";
            string resolved = target.Length == 0 ? "" : ConfigInstructions.Resolve(stage._state.Config.Config.WorkingDir, target);
            return resolved == "/" ? throw RunMountParser.RootRefused(mount) : resolved;
        }

        /// <summary>A script of its own interpreter: a file that the step sees read-only.</summary>
        private void PrepareScript(string name, string text)
        {
            string path = stage.Scratch.Directory + "/" + stage.Scratch.MakeDirectory() + "/script";
            Files.Write(path, Encoding.UTF8.GetBytes(text), 0x1ED); // 0755
            _planned.Add(PlannedMount.Bind(MountSpec.Bind(path, RunScript.ScriptFolder + name) with { ReadOnly = true }));
        }

        private BoundTree? FindTree(RunMount mount)
        {
            Word word = mount.SourcePath;
            if (mount.From is { } from && stage.Layers(from) is var (image, content, isImage) && isImage)
            {
                if (image is null)
                {
                    return null;
                }

                using SourceTree looked = new(stage.Session.Services.Storage(null).OpenRoot(image, null), null, keepsOwners: true, $"'{from.Text}'");
                FoundSource found = looked.FindOne(word);
                return new BoundTree(mount, content, image, found.Path, null);
            }

            SourceTree? context = mount.From is { } name ? stage.Session.Input.FindNamed(name.Text)?.Tree : stage.Session.Input.Context;
            SourceTree tree = context ?? throw BuildPreflight.ContextMissing(mount.Written.Range, "to mount");
            ContextLayer layer = ContextLayer.Scan(tree, word, stage.Cancel);
            return new BoundTree(mount, layer.Key.ToString(), null, layer.IsDirectory ? "" : layer.Name, layer);
        }

        /// <summary>
        /// A root like any container's, of the tree's layers, mounted in the step's own namespace at a place that only it sees; a writable one
        /// writes into a directory that is thrown away.
        /// </summary>
        private void PrepareTree(BoundTree tree, CancellationToken cancel)
        {
            ImageRecord image = tree.Image ?? Record(tree.Context!.Write(stage.Session, stage.Request.Warning, cancel));
            IStorageDriver driver = stage.Session.Services.Storage(null);
            string name = stage.Scratch.MakeDirectory();
            string directory = stage.Scratch.Directory + "/" + name;
            _held.Push(new Release(driver, directory));
            driver.Prepare(directory, image, cancel);
            string mounted = directory + "/mounted";
            StoreFolder.Create(mounted);
            MountSpec spec = new()
            {
                Type = MountType.Bind, Source = mounted, Target = TargetOf(tree.Mount), ReadOnly = tree.Mount.ReadOnly,
                SubPath = tree.SubPath.Length > 0 ? tree.SubPath : null,
            };
            _planned.Add(new PlannedMount(
                spec,
                [
                    .. driver.MountSteps(image, "../" + stage.Scratch.Name + "/" + name, mounted, throwAway: true),
                    LaunchSteps.OpenHost(Slot.Source, mounted, directory: true),
                ],
                IsFileSystem: false));
        }

        private void PrepareCache(RunMount mount, CancellationToken cancel)
        {
            CacheMount cache = CacheMount.Open(stage.Session.Services.DataRoot, CacheId(mount), mount.Sharing, cancel);
            _held.Push(cache);
            if (cache.IsNew)
            {
                cache.Fill(target =>
                {
                    if (mount.From is { } from)
                    {
                        CopyInto(mount, from, target, cancel);
                    }
                });
                cache.SetOwner(mount.Mode ?? 0x1ED, mount.Uid ?? 0, mount.Gid ?? 0);
            }

            _planned.Add(PlannedMount.Bind(MountSpec.Bind(cache.Directory, TargetOf(mount)) with { ReadOnly = mount.ReadOnly }));
        }

        private void CopyInto(RunMount mount, Word from, string target, CancellationToken cancel)
        {
            using SourceTree tree = stage.OpenTree(from, out _) ?? throw Error(
                mount, "CopySourceNotFound", $"'{from.Text}' has no files", null, EngineErrorKind.ObjectNotFound);
            FoundSource found = tree.FindOne(mount.SourcePath);
            using SafeFileHandle handle = tree.Root.OpenFile(found.Path.Length == 0 ? "." : found.Path, Libc.O_RDONLY | Libc.O_DIRECTORY);
            new TreeCopier(cancel).Copy(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}"), target);
        }

        private void PrepareSecret(RunMount mount, SecretFile secrets)
        {
            string id = IdOf(mount);
            if (!stage.Request.Secrets.TryGetValue(id, out BuildSecret? secret) || SecretFile.Read(id, secret) is not { } content)
            {
                if (!mount.Required)
                {
                    return;
                }

                throw BuildPreflight.SecretMissing(mount);
            }

            if (mount.Variable is { } variable)
            {
                _variables[variable.Length > 0 ? variable : id] = Encoding.UTF8.GetString(content).TrimEnd('\0');
                if (mount.Target.Length == 0)
                {
                    return;
                }
            }

            long offset = secrets.Add(content);
            string directory = stage.Scratch.Directory + "/" + stage.Scratch.MakeDirectory();
            MountSpec spec = new() { Type = MountType.Bind, Source = directory, Target = TargetOf(mount), NonRecursive = true };
            _planned.Add(new PlannedMount(
                spec,
                [
                    LaunchSteps.CreateFileSystem(
                        Slot.Mount, "tmpfs", LaunchSteps.NoSuidNoDevNoExec, "source", "tmpfs", "mode", "755", "size", "1m", "nr_inodes", "8"),
                    LaunchSteps.OpenHost(Slot.Target, directory, directory: true),
                    LaunchSteps.Attach(Slot.Mount, Slot.Target, directory),
                    LaunchSteps.CopySecret(Slot.Mount, "secret", offset, content.Length, mount.Mode ?? 0x100, mount.Uid ?? 0, mount.Gid ?? 0),
                    new LaunchStep(Launch.Plan.PlanOpcode.CloseSlot, directory, "") { Slot = Slot.Target },
                    new LaunchStep(Launch.Plan.PlanOpcode.CloseSlot, directory, "") { Slot = Slot.Mount },
                    LaunchSteps.OpenHost(Slot.Source, directory + "/secret"),
                ],
                IsFileSystem: false));
        }

        private void PrepareAgent(RunMount mount, int number)
        {
            string id = IdOf(mount);
            if (!stage.Request.SshAgents.TryGetValue(id, out string? socket))
            {
                if (!mount.Required)
                {
                    return;
                }

                throw BuildPreflight.AgentMissing(mount);
            }

            string path = stage.Scratch.Directory + "/" + stage.Scratch.MakeDirectory() + "/agent";
            _held.Push(new SshAgentRelay(socket, path, mount.Mode ?? 0x180, mount.Uid ?? 0, mount.Gid ?? 0));
            string target = mount.Target.Length > 0 ? TargetOf(mount) : string.Create(CultureInfo.InvariantCulture, $"/run/buildkit/ssh_agent.{number}");
            _planned.Add(PlannedMount.Bind(MountSpec.Bind(path, target)));
            if (number == 0)
            {
                _variables["SSH_AUTH_SOCK"] = target;
            }
        }

        private sealed class Release(IStorageDriver driver, string directory) : IDisposable
        {
            public void Dispose()
            {
                driver.Release(directory);
                FileTree.Remove(directory);
            }
        }
    }

    /// <summary>The layers of a stage or an image that a mount is from; not an image where it is a named context.</summary>
    private (ImageRecord? Image, string Content, bool IsImage) Layers(Word from)
    {
        if (session.Graph.FindSource(from, _stage) is int index)
        {
            StageState state = session.Stage(index, cancel);
            return (state.HasFiles ? state.ToRecord(session.EmptyLayer) : null, state.Content, true);
        }

        NamedContext? named = session.Input.FindNamed(from.Text);
        if (named?.Tree is not null)
        {
            return (null, "", false);
        }

        ImageRecord? image = session.Image(named?.ImageAt(from) ?? from, Request.Platform, cancel);
        return (image, image?.Id is null ? "" : ChainId.Of(image.Config.RootFs.DiffIds)[^1].ToString(), true);
    }

    private static ImageRecord Record(Digest layer) => new()
    {
        Id = layer.ToString(),
        Config = new ImageConfig { RootFs = new ImageRootFs { DiffIds = [layer] } },
        LayerDirectories = [LayerStore.RelativeDirectory(layer)],
    };
}
