namespace Containers.Engine.Launch.Seccomp;

/// <summary>A test of one argument of a system call.</summary>
/// <param name="Index">The argument, 0 to 5.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Value">What it is compared with; the mask of <see cref="SeccompComparison.MaskedEqual"/>.</param>
/// <param name="ValueTwo">What the masked argument is compared with.</param>
public sealed record SeccompCondition(int Index, SeccompComparison Operator, ulong Value, ulong ValueTwo = 0);
