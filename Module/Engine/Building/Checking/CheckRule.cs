namespace Containers.Engine.Building.Checking;

/// <summary>The names of docker's checks: docs.docker.com/reference/build-checks.</summary>
/// <param name="Slug">The end of the address of docker's page; null for one that docker has not.</param>
/// <param name="IsExperimental">Only with "# check=experimental=".</param>
internal sealed record CheckRule(string Name, string? Slug, bool IsExperimental = false)
{
    internal static readonly CheckRule StageNameCasing = new(nameof(StageNameCasing), "stage-name-casing");
    internal static readonly CheckRule FromAsCasing = new(nameof(FromAsCasing), "from-as-casing");
    internal static readonly CheckRule NoEmptyContinuation = new(nameof(NoEmptyContinuation), "no-empty-continuation");
    internal static readonly CheckRule ConsistentInstructionCasing = new(nameof(ConsistentInstructionCasing), "consistent-instruction-casing");
    internal static readonly CheckRule DuplicateStageName = new(nameof(DuplicateStageName), "duplicate-stage-name");
    internal static readonly CheckRule ReservedStageName = new(nameof(ReservedStageName), "reserved-stage-name");
    internal static readonly CheckRule JSONArgsRecommended = new(nameof(JSONArgsRecommended), "json-args-recommended");
    internal static readonly CheckRule MaintainerDeprecated = new(nameof(MaintainerDeprecated), "maintainer-deprecated");
    internal static readonly CheckRule UndefinedArgInFrom = new(nameof(UndefinedArgInFrom), "undefined-arg-in-from");
    internal static readonly CheckRule WorkdirRelativePath = new(nameof(WorkdirRelativePath), "workdir-relative-path");
    internal static readonly CheckRule UndefinedVar = new(nameof(UndefinedVar), "undefined-var");
    internal static readonly CheckRule MultipleInstructionsDisallowed = new(nameof(MultipleInstructionsDisallowed), "multiple-instructions-disallowed");
    internal static readonly CheckRule LegacyKeyValueFormat = new(nameof(LegacyKeyValueFormat), "legacy-key-value-format");
    internal static readonly CheckRule RedundantTargetPlatform = new(nameof(RedundantTargetPlatform), "redundant-target-platform");
    internal static readonly CheckRule SecretsUsedInArgOrEnv = new(nameof(SecretsUsedInArgOrEnv), "secrets-used-in-arg-or-env");
    internal static readonly CheckRule InvalidDefaultArgInFrom = new(nameof(InvalidDefaultArgInFrom), "invalid-default-arg-in-from");
    internal static readonly CheckRule FromPlatformFlagConstDisallowed = new(nameof(FromPlatformFlagConstDisallowed), "from-platform-flag-const-disallowed");
    internal static readonly CheckRule CopyIgnoredFile = new(nameof(CopyIgnoredFile), "copy-ignored-file");
    internal static readonly CheckRule InvalidDefinitionDescription = new(nameof(InvalidDefinitionDescription), "invalid-definition-description", true);
    internal static readonly CheckRule ExposeProtoCasing = new(nameof(ExposeProtoCasing), "expose-proto-casing");
    internal static readonly CheckRule ExposeInvalidFormat = new(nameof(ExposeInvalidFormat), "expose-invalid-format");
    internal static readonly CheckRule InvalidBaseImagePlatform = new(nameof(InvalidBaseImagePlatform), null);

    /// <summary>Ours: a text that begins like an array and is none, which docker gives to the shell without a word.</summary>
    internal static readonly CheckRule InvalidJsonArray = new(nameof(InvalidJsonArray), null);

    internal string? Link => Slug is null ? null : "https://docs.docker.com/go/dockerfile/rule/" + Slug + "/";
}
