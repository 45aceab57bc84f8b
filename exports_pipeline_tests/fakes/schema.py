"""The relations of a warehouse, in memory."""

from exports_pipeline.core.errors import QueryFailed


class InMemorySchema:
    """`Schema` over dictionaries: relations with their columns, and queries with theirs."""

    def __init__(self, relations, queries=None):
        self._relations = relations
        self._queries = queries or {}

    def relation_names(self):
        """The names it was given."""
        return list(self._relations)

    def relation_types(self, relation):
        """The columns it was given; schema `main` may be named or not."""
        return self._relations.get(relation.removeprefix("main."))

    def query_types(self, sql):
        """The columns it was given."""
        if sql not in self._queries:
            raise QueryFailed from ValueError(f"Parser Error: syntax error at or near {sql!r}\nLINE 1: ...")
        return self._queries[sql]
