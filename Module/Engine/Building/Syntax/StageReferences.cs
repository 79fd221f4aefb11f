using System.Globalization;

namespace Containers.Engine.Building.Syntax;

/// <summary>What COPY --from and --mount=from= mean, as far as that is wrong before anything is looked up.</summary>
internal static class StageReferences
{
    /// <summary>Every reference to a stage leads to an earlier one; so there are no cycles.</summary>
    /// <exception cref="EngineException">DockerfileStageOrder.</exception>
    internal static void Check(Dockerfile file)
    {
        foreach (Stage stage in file.Stages)
        {
            foreach (Instruction instruction in stage.Instructions)
            {
                Check(file, stage, instruction);
            }
        }
    }

    private static void Check(Dockerfile file, Stage stage, Instruction instruction)
    {
        IEnumerable<Word> references = instruction switch
        {
            CopyInstruction { From: { } from } => [from],
            RunInstruction run => run.Mounts.Select(mount => mount.From).OfType<Word>(),
            _ => [],
        };
        foreach (Word from in references)
        {
            string name = from.Text.ToLowerInvariant();
            bool isNumber = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            if (file.Stages.Take(stage.Index).Any(one => one.Alias == name) || (isNumber && number < stage.Index))
            {
                continue;
            }

            Stage? later = file.Stages.Skip(stage.Index).FirstOrDefault(one => one.Alias == name);
            if (later is not null || (isNumber && instruction is CopyInstruction))
            {
                throw SourceText.Error(
                    from.Range, "DockerfileStageOrder",
                    later == stage || (isNumber && number == stage.Index) ? $"the stage cannot take from itself: '{from.Text}'"
                        : later is not null || number < file.Stages.Count ? $"the stage '{from.Text}' comes later than the one that takes from it"
                        : $"there is no stage {from.Text}; the last one is {file.Stages.Count - 1}",
                    "Move the stage that is taken from above this one.");
            }
        }
    }
}
