namespace Containers.Engine.Lifecycle;

/// <summary>RUN/exec/ID/config.json: what a further program was started as. Beside it lies its state.json, a <see cref="StateRecord"/>.</summary>
internal sealed record ExecRecord
{
    public required string Id { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public string? User { get; init; }

    public bool Detached { get; init; }

    public bool Privileged { get; init; }

    /// <summary>16 hexadecimal digits.</summary>
    internal static string NewId() => Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
}
