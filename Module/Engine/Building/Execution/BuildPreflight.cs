using Containers.Engine.Building.Checking;
using Containers.Engine.Building.Context;
using Containers.Engine.Building.Graph;
using Containers.Engine.Building.Syntax;

namespace Containers.Engine.Building.Execution;

/// <summary>What is known to be wrong before any step runs: nobody waits for a compiler to learn that a file is missing.</summary>
internal static class BuildPreflight
{
    /// <exception cref="EngineException">DockerfileCheckFailed, CopySourceNotFound, CopySourceOutside, SecretNotFound.</exception>
    internal static void Run(BuildRequest request, BuildInput input, BuildGraph graph, Func<string, BaseImageFacts?> facts)
    {
        CheckFindings(request, input, facts);
        foreach (StageNode node in graph.Nodes.Values)
        {
            foreach (Instruction instruction in node.Stage.Instructions)
            {
                switch (instruction)
                {
                    case FileInstruction copy when copy is not (CopyInstruction { From: not null } or AddInstruction { Checksum: not null })
                        && input.Context is { } context:
                        CheckSources(copy, context);
                        break;
                    case RunInstruction run when !request.DryRun:
                        CheckMounts(run, request);
                        break;
                }
            }
        }
    }

    /// <summary>With "# check=error=true" findings end the build.</summary>
    private static void CheckFindings(BuildRequest request, BuildInput input, Func<string, BaseImageFacts?> facts)
    {
        if (!input.File.Directives.Check.Error)
        {
            return;
        }

        FindingList findings = new(input.File.Directives.Check);
        new DockerfileChecker(request.Arguments, facts, input.Context?.Filter as IgnoreFile).Check(input.File, findings);
        IReadOnlyList<ContainerFileFinding> found = findings.Sorted;
        if (found.Count > 0)
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "DockerfileCheckFailed", string.Join('\n', found.Select(one => one + "\n" + one.Text)), found[0],
                "Change it, or leave the rule out with '# check=skip=RULE'; '# check=error=true' makes findings errors.");
        }
    }

    /// <summary>Sources with variables are left to their step: what they are may follow from the base image.</summary>
    private static void CheckSources(FileInstruction copy, SourceTree context)
    {
        foreach (Word source in copy.Sources)
        {
            if (source.Text.AsSpan().IndexOfAny("$\\`\"'") < 0 && !RemoteSource.IsFetched(copy, source))
            {
                _ = context.Find(source);
            }
        }
    }

    private static void CheckMounts(RunInstruction run, BuildRequest request)
    {
        // Mounts with variables are known when their step is.
        foreach (RunMount mount in run.Mounts.Where(mount => mount is { Type: RunMountType.Secret, Required: true }))
        {
            if (!request.Secrets.ContainsKey(mount.SecretId))
            {
                throw SecretMissing(mount);
            }
        }
    }

    internal static EngineException SecretMissing(RunMount mount) => SourceText.Error(
        mount.Written.Range, "SecretNotFound", $"the secret '{mount.SecretId}' was not given",
        $"Give it with -Secret 'id={mount.SecretId},src=PATH' or 'id={mount.SecretId},env=NAME'.", EngineErrorKind.ObjectNotFound);
}
