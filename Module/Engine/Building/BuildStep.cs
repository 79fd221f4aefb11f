namespace Containers.Engine.Building;

/// <summary>One instruction of a build and what became of it.</summary>
public sealed record BuildStep
{
    /// <summary>Its place in its stage; FROM is 1.</summary>
    public required int Number { get; init; }

    /// <summary>How many the stage has, as far as that is known: triggers of the base image come along during the build.</summary>
    public required int Total { get; init; }

    /// <summary>The stage's name, or "stage-0".</summary>
    public required string Stage { get; init; }

    /// <summary>As it is written, on one line.</summary>
    public required string Instruction { get; init; }

    /// <summary>What it would make was there already.</summary>
    public bool Cached { get; init; }

    /// <summary>Only asked for with -WhatIf: it would be done.</summary>
    public bool WouldRun { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>Digest of the layer it made; null where it made none.</summary>
    public string? LayerId { get; init; }

    /// <summary>The Dockerfile, as messages name it.</summary>
    public required string File { get; init; }

    public required int Line { get; init; }

    public override string ToString() => $"[{Stage} {Number}/{Total}] {Instruction}";
}
