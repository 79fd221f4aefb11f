namespace Containers.Engine.Building.Syntax;

/// <summary>
/// The work that all variables of a file together may cause, in characters moved and compared. A file of a kilobyte could otherwise keep a
/// session busy for hours: variables made of variables, patterns on top.
/// </summary>
internal sealed class ExpansionBudget
{
    private long _left = 1L << 31;

    /// <exception cref="FormatException">It is used up.</exception>
    internal void Spend(long units)
    {
        _left -= units;
        if (_left < 0)
        {
            throw new FormatException("the variables of this file are too much work");
        }
    }
}
