using Containers.Engine.Building.Cache;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Launch;

namespace Containers.Engine.Building.Execution;

internal sealed partial class StageBuilder
{
    /// <summary>What a RUN has mounted: looked up for its key, prepared when it runs, given back afterwards.</summary>
    private sealed partial class RunMounts(StageBuilder stage, RunInstruction run) : IDisposable
    {
        private readonly List<PlannedMount> _planned = [];

        /// <summary>For the launch plan.</summary>
        internal IReadOnlyList<PlannedMount> Planned => _planned;

        /// <summary>Where they appear: places that nobody wrote.</summary>
        internal IReadOnlyList<string> Targets => [.. _planned.Select(mount => mount.Spec.Target)];

        internal void Find()
        {
            foreach (RunMount mount in run.Mounts)
            {
                throw SourceText.Error(
                    mount.Written.Range, "MountTypeNotSupported", $"--mount=type={mount.Type} is not there yet", null, EngineErrorKind.NotImplemented);
            }
        }

        internal void AddTo(CacheKey key) => key.Add(run.Mounts.Count);

        internal void Prepare()
        {
            if (run.Script.ScriptName is { } name)
            {
                PrepareScript(name, run.Script.ScriptText!);
            }
        }

        public void Dispose()
        {
        }

        /// <summary>A script of its own interpreter: a file that the step sees read-only.</summary>
        private void PrepareScript(string name, string text)
        {
            BuildScratch scratch = stage.Scratch;
            string path = scratch.Directory + "/" + scratch.MakeDirectory() + "/script";
            Linux.Files.Write(path, System.Text.Encoding.UTF8.GetBytes(text), 0x1ED); // 0755
            _planned.Add(PlannedMount.Bind(MountSpec.Bind(path, RunScript.ScriptFolder + name) with { ReadOnly = true }));
        }
    }
}
